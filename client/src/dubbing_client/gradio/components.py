"""Components of the tab.

Each creates its fields and buttons; `connect` binds them to the controller.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import gradio as gr

from dubbing_client.gradio.controller import Controller, hide_readings

# Events are private to the page: scripts use the manager.
PRIVATE: dict[str, Any] = (
    {"api_visibility": "private"}
    if "api_visibility" in inspect.signature(gr.on).parameters
    else {"api_name": False}
)
QUICK: dict[str, Any] = {**PRIVATE, "show_progress": "hidden", "concurrency_limit": None}
"""Options of events that change nothing."""


class SavePanel:
    def __init__(self) -> None:
        gr.Markdown("### 💾 Save Current Session")
        self.name = gr.Textbox(
            label="Project Name", placeholder="Leave empty for an automatic name", max_lines=1
        )
        self.auto_name = gr.Button("🎲 Generate Auto Name")
        self.save = gr.Button("💾 Save Current Session", variant="primary")
        self.status = gr.Textbox(label="Save Status", lines=3, interactive=False)

    def connect(self, controller: Controller, *, inputs: Sequence[Any], dropdowns: Sequence[Any]) -> None:
        self.auto_name.click(controller.generate_name, list(inputs), [self.name, self.status], **QUICK)
        self.save.click(
            controller.save, [self.name, *inputs], [self.status, self.name, *dropdowns], **PRIVATE
        )


class LoadPanel:
    def __init__(self) -> None:
        gr.Markdown("### 🔄 Load Existing Session")
        self.session = session_dropdown("Available Sessions")
        self.refresh = gr.Button("🔄 Refresh")
        self.load = gr.Button("🔄 Load Selected Session", variant="primary")
        self.status = gr.Textbox(label="Load Status", lines=3, interactive=False)

    def connect(self, controller: Controller, *, outputs: Sequence[Any]) -> None:
        self.load.click(controller.load, self.session, [self.status, *outputs], **PRIVATE)


class ExportPanel:
    def __init__(self) -> None:
        gr.Markdown("### 📦 Export")
        self.session = session_dropdown("Session to Export")
        self.export = gr.Button("📦 Export Session")
        self.file = gr.File(label="Exported ZIP", interactive=False)

    def connect(self, controller: Controller, *, status: Any) -> None:
        self.export.click(controller.export, self.session, [status, self.file], **PRIVATE)


class ImportPanel:
    def __init__(self) -> None:
        gr.Markdown("### 📥 Import")
        self.file = gr.File(label="Session ZIP", file_types=[".zip"], type="filepath", height=120)
        self.name = gr.Textbox(label="Name", placeholder="Leave empty to name it after the file", max_lines=1)
        self.reading = gr.Dropdown(
            label="Names in the ZIP",
            info="They are not UTF-8. Choose the reading that shows them right.",
            choices=[],
            visible=False,
            interactive=True,
        )
        self.import_button = gr.Button("📥 Import Session")

    def connect(self, controller: Controller, *, status: Any, dropdowns: Sequence[Any]) -> None:
        self.import_button.click(
            controller.import_archive,
            [self.file, self.name, self.reading],
            [status, self.file, self.name, self.reading, *dropdowns],
            **PRIVATE,
        )
        self.file.change(hide_readings, None, self.reading, **QUICK)


class DeletePanel:
    def __init__(self) -> None:
        gr.Markdown("### 🗑️ Delete")
        self.session = session_dropdown("Session to Delete")
        self.delete = gr.Button("🗑️ Delete Session", variant="stop")
        with gr.Column(visible=False) as self.confirmation:
            self.question = gr.Markdown()
            with gr.Row():
                self.cancel = gr.Button("Keep it")
                self.confirm = gr.Button("Yes, delete it", variant="stop")

    def connect(self, controller: Controller, *, status: Any, dropdowns: Sequence[Any]) -> None:
        self.delete.click(
            controller.ask_to_delete, self.session, [self.confirmation, self.question, status], **QUICK
        )
        gr.on(
            [self.cancel.click, self.session.change],
            lambda: gr.update(visible=False),
            None,
            self.confirmation,
            **QUICK,
        )
        self.confirm.click(
            controller.delete, self.session, [status, self.confirmation, *dropdowns], **PRIVATE
        )


def session_dropdown(label: str) -> gr.Dropdown:
    # Names that are not in the list yet are accepted: the next refresh adds them.
    return gr.Dropdown(label=label, choices=[], value=None, interactive=True, allow_custom_value=False)
