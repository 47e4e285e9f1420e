"""The parts of the tab: each makes its fields and buttons where it is made, and ties them to the desk once all are there."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import gradio as gr

from dubbing_client.gradio.desk import Desk

# Events are for this page alone: whoever scripts has the manager.
PRIVATE: dict[str, Any] = (
    {"api_visibility": "private"}
    if "api_visibility" in inspect.signature(gr.on).parameters
    else {"api_name": False}
)
QUICK: dict[str, Any] = {**PRIVATE, "show_progress": "hidden", "concurrency_limit": None}
"""For what asks and shows, and does nothing."""


class SavePanel:
    def __init__(self) -> None:
        gr.Markdown("### 💾 Save Current Session")
        self.name = gr.Textbox(
            label="Project Name", placeholder="Leave empty for an automatic name", max_lines=1
        )
        self.auto_name = gr.Button("🎲 Generate Auto Name")
        self.save = gr.Button("💾 Save Current Session", variant="primary")
        self.status = gr.Textbox(label="Save Status", lines=3, interactive=False)

    def connect(self, desk: Desk, *, inputs: Sequence[Any], dropdowns: Sequence[Any]) -> None:
        self.auto_name.click(desk.generate_name, list(inputs), [self.name, self.status], **QUICK)
        self.save.click(desk.save, [self.name, *inputs], [self.status, self.name, *dropdowns], **PRIVATE)


class LoadPanel:
    def __init__(self) -> None:
        gr.Markdown("### 🔄 Load Existing Session")
        self.session = session_dropdown("Available Sessions")
        self.refresh = gr.Button("🔄 Refresh")
        self.load = gr.Button("🔄 Load Selected Session", variant="primary")
        self.status = gr.Textbox(label="Load Status", lines=3, interactive=False)

    def connect(self, desk: Desk, *, outputs: Sequence[Any]) -> None:
        self.load.click(desk.load, self.session, [self.status, *outputs], **PRIVATE)


class ExportPanel:
    def __init__(self) -> None:
        gr.Markdown("### 📦 Export")
        self.session = session_dropdown("Session to Export")
        self.export = gr.Button("📦 Export Session")
        self.file = gr.File(label="Exported ZIP", interactive=False)

    def connect(self, desk: Desk, *, status: Any) -> None:
        self.export.click(desk.export, self.session, [status, self.file], **PRIVATE)


class ImportPanel:
    def __init__(self) -> None:
        gr.Markdown("### 📥 Import")
        self.file = gr.File(label="Session ZIP", file_types=[".zip"], type="filepath", height=120)
        self.name = gr.Textbox(label="Name", placeholder="Leave empty to name it after the file", max_lines=1)
        self.bring = gr.Button("📥 Import Session")

    def connect(self, desk: Desk, *, status: Any, dropdowns: Sequence[Any]) -> None:
        self.bring.click(
            desk.bring, [self.file, self.name], [status, self.file, self.name, *dropdowns], **PRIVATE
        )


class DeletePanel:
    def __init__(self) -> None:
        gr.Markdown("### 🗑️ Delete")
        self.session = session_dropdown("Session to Delete")
        self.delete = gr.Button("🗑️ Delete Session", variant="stop")
        with gr.Column(visible=False) as self.confirmation:
            self.question = gr.Markdown()
            with gr.Row():
                self.keep = gr.Button("Keep it")
                self.really = gr.Button("Yes, delete it", variant="stop")

    def connect(self, desk: Desk, *, status: Any, dropdowns: Sequence[Any]) -> None:
        self.delete.click(desk.ask, self.session, [self.confirmation, self.question, status], **QUICK)
        gr.on(
            [self.keep.click, self.session.change],
            lambda: gr.update(visible=False),
            None,
            self.confirmation,
            **QUICK,
        )
        self.really.click(desk.delete, self.session, [status, self.confirmation, *dropdowns], **PRIVATE)


def session_dropdown(label: str) -> gr.Dropdown:
    # Names that this page has not heard of yet are no error: they come with the next list.
    return gr.Dropdown(label=label, choices=[], value=None, interactive=True, allow_custom_value=False)
