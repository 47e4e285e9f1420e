"""The tab: layout of its components and events between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from dubbing_client.dropin.collector import collect_session_data
from dubbing_client.dropin.manager import ProjectSessionManager
from dubbing_client.gradio.components import (
    QUICK,
    DeletePanel,
    ExportPanel,
    ImportPanel,
    LoadPanel,
    SavePanel,
)
from dubbing_client.gradio.controller import Collect, Controller, OnLoad
from dubbing_client.gradio.texts import NOTHING_SELECTED, escape_markdown


def project_sessions_tab(
    manager: ProjectSessionManager | None = None,
    collect: Collect = collect_session_data,
    on_load: OnLoad | None = None,
    *,
    inputs: Sequence[Any] = (),
    outputs: Sequence[Any] = (),
) -> gr.Tab:
    """Add the tab to the current ``gr.Tabs`` or ``gr.Blocks``, and return it.

    :param manager: where sessions are stored; by default ``ProjectSessionManager()``.
    :param collect: called with the values of ``inputs``; returns the session's data for a save.
    :param on_load: called with the data of a loaded session; returns the values of ``outputs``.
    :raises TypeError: there are ``outputs`` without ``on_load``, or no ``gr.Blocks``.
    """
    if outputs and on_load is None:
        raise TypeError("outputs need on_load, which returns their values.")
    controller = Controller(manager or ProjectSessionManager(), collect, on_load, len(outputs))
    with gr.Tab("💾 Project Sessions") as tab:
        gr.Markdown("# 💾 Project Session Manager")
        gr.Markdown(f"Sessions are stored {escape_markdown(controller.manager.backend.location)}.")
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                save = SavePanel()
            with gr.Column(scale=2, min_width=320):
                load = LoadPanel()
        with gr.Accordion("📊 Session Information", open=False):
            information = gr.Markdown(NOTHING_SELECTED)
        with gr.Accordion("🛠️ Session Management", open=False):
            with gr.Row():
                with gr.Column(min_width=280):
                    export = ExportPanel()
                with gr.Column(min_width=280):
                    import_ = ImportPanel()
                with gr.Column(min_width=280):
                    delete = DeletePanel()
            status = gr.Textbox(label="Status", lines=2, interactive=False)

    dropdowns = [load.session, export.session, delete.session]
    save.connect(controller, inputs=inputs, dropdowns=dropdowns)
    load.connect(controller, outputs=outputs)
    export.connect(controller, status=status)
    import_.connect(controller, status=status, dropdowns=dropdowns)
    delete.connect(controller, status=status, dropdowns=dropdowns)
    load.session.change(
        controller.select, load.session, [information, export.session, delete.session], **QUICK
    )
    # Other users save and delete sessions, too: refresh when the page or the tab opens, and on request.
    _blocks_of(tab).load(controller.list_sessions, None, dropdowns, **QUICK)
    gr.on(
        fn=controller.refresh,
        inputs=dropdowns,
        outputs=dropdowns,
        triggers=[tab.select, load.refresh.click],
        **QUICK,
    )
    return tab


def _blocks_of(tab: gr.Tab) -> Any:
    block: Any = tab
    while block.parent is not None:
        block = block.parent
    if not isinstance(block, gr.Blocks):
        raise TypeError("The tab needs gr.Blocks: call project_sessions_tab() in its with block.")
    return block
