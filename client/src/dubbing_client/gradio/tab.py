"""The tab itself: where its parts stand, and what of one shows in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from dubbing_client.gradio.desk import Collect, Desk, OnLoad
from dubbing_client.gradio.panels import QUICK, DeletePanel, ExportPanel, ImportPanel, LoadPanel, SavePanel
from dubbing_client.gradio.words import NOTHING_SELECTED, escaped
from dubbing_client.manager import ProjectSessionManager
from dubbing_client.sessions.collecting import collect_session_data


def project_sessions_tab(
    manager: ProjectSessionManager | None = None,
    collect: Collect = collect_session_data,
    on_load: OnLoad | None = None,
    *,
    inputs: Sequence[Any] = (),
    outputs: Sequence[Any] = (),
) -> gr.Tab:
    """Add the tab to the ``gr.Tabs`` or ``gr.Blocks`` that are being built, and return it.

    :param manager: where sessions are; ``ProjectSessionManager()`` when none is given.
    :param collect: returns the session's data when somebody saves. It is called with the values of ``inputs``.
    :param on_load: is given the data of a session that was loaded. What it returns goes to ``outputs``, as from any event.
    :raises TypeError: there are ``outputs`` and nothing that would fill them, or no app is being built.
    """
    if outputs and on_load is None:
        raise TypeError("outputs are filled by on_load: give both, or neither.")
    desk = Desk(manager or ProjectSessionManager(), collect, on_load, len(outputs))
    with gr.Tab("💾 Project Sessions") as tab:
        gr.Markdown("# 💾 Project Session Manager")
        gr.Markdown(f"Sessions are kept {escaped(desk.manager.backend.where)}.")
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                saving = SavePanel()
            with gr.Column(scale=2, min_width=320):
                loading = LoadPanel()
        with gr.Accordion("📊 Session Information", open=False):
            information = gr.Markdown(NOTHING_SELECTED)
        with gr.Accordion("🛠️ Session Management", open=False):
            with gr.Row():
                with gr.Column(min_width=280):
                    exporting = ExportPanel()
                with gr.Column(min_width=280):
                    importing = ImportPanel()
                with gr.Column(min_width=280):
                    deleting = DeletePanel()
            status = gr.Textbox(label="Status", lines=2, interactive=False)

    dropdowns = [loading.session, exporting.session, deleting.session]
    saving.connect(desk, inputs=inputs, dropdowns=dropdowns)
    loading.connect(desk, outputs=outputs)
    exporting.connect(desk, status=status)
    importing.connect(desk, status=status, dropdowns=dropdowns)
    deleting.connect(desk, status=status, dropdowns=dropdowns)
    loading.session.change(
        desk.chosen, loading.session, [information, exporting.session, deleting.session], **QUICK
    )
    # When the page opens, when the tab does, and when somebody asks: others save and delete sessions, too.
    _app_around(tab).load(desk.offered, None, dropdowns, **QUICK)
    gr.on(
        fn=desk.refresh,
        inputs=dropdowns,
        outputs=dropdowns,
        triggers=[tab.select, loading.refresh.click],
        **QUICK,
    )
    return tab


def _app_around(tab: gr.Tab) -> Any:
    around: Any = tab
    while around.parent is not None:
        around = around.parent
    if not isinstance(around, gr.Blocks):
        raise TypeError("The tab belongs inside of gr.Blocks: call project_sessions_tab() in its with block.")
    return around
