"""Event handlers of the tab."""

from __future__ import annotations

# ruff: noqa: BLE001 (every error, also of the app's own functions, is shown in the status next to the button)
# ruff: noqa: B008 (Gradio injects progress where a default is a gr.Progress)
import contextvars
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import gradio as gr

from dubbing_client.dropin.backend import Backend, OnProgress
from dubbing_client.dropin.errors import NameReadingError, describe_reading
from dubbing_client.dropin.manager import EXPECTED_ERRORS, ProjectSessionManager
from dubbing_client.dropin.names import clean_name
from dubbing_client.gradio.texts import (
    NOTHING_SELECTED,
    content_summary,
    error_text,
    escape_markdown,
    session_information,
    stale_lines,
)
from dubbing_core.session_names import generate_session_name
from dubbing_core.sizes import format_size

Collect = Callable[..., dict[str, Any]]
OnLoad = Callable[[dict[str, Any]], Any]

EXPORT_LIFETIME = 3600
"""Seconds after which an export is deleted from the temporary folder; Gradio has its own copy then."""
PROGRESS_INTERVAL = 0.2
SAVE_OUTPUTS = 5
IMPORT_OUTPUTS = 6


class Controller:
    """Event handlers. Each returns its event's outputs; errors become a status."""

    def __init__(
        self,
        manager: ProjectSessionManager,
        collect: Collect,
        on_load: OnLoad | None,
        output_count: int,
    ) -> None:
        self.manager = manager
        self._collect = collect
        self._on_load = on_load
        self._output_count = output_count
        self._exports: Path | None = None

    @property
    def _backend(self) -> Backend:
        return self.manager.backend

    # -- Lists of sessions --------------------------------------------------------------------------------------------

    def list_sessions(self) -> list[Any]:
        return self._dropdowns(None, None, None)

    def refresh(self, *selected: str | None) -> list[Any]:
        return self._dropdowns(*selected)

    def select(self, name: str | None) -> tuple[str, Any, Any]:
        return self._information(name), gr.update(value=name or None), gr.update(value=name or None)

    def _dropdowns(self, *selected: str | None) -> list[Any]:
        try:
            names = self._backend.names()
        except Exception as error:
            gr.Warning(error_text("The sessions cannot be listed", error))
            return [gr.update() for _ in selected]
        return [gr.update(choices=names, value=name if name in names else None) for name in selected]

    def _information(self, name: str | None) -> str:
        if not name:
            return NOTHING_SELECTED
        try:
            return session_information(self._backend.info(name), self._backend.progress(name))
        except Exception as error:
            return escape_markdown(error_text("No information is available", error))

    # -- Saving and loading -------------------------------------------------------------------------------------------

    def generate_name(self, *values: Any) -> tuple[Any, str]:
        try:
            return _automatic_name(self._collect(*values)), ""
        except Exception as error:
            return gr.update(), error_text("No name was generated", error)

    def save(self, name: str, *values: Any, progress: gr.Progress = gr.Progress()) -> list[Any]:
        progress(0, desc="Collecting")
        try:
            data = self._collect(*values)
            saved = self._backend.save(
                name.strip() or _automatic_name(data), data, _reporter(progress, "Saving")
            )
        except Exception as error:
            return [error_text("Nothing was saved", error), *([gr.update()] * (SAVE_OUTPUTS - 1))]
        lines = [f"✅ Session saved: {saved}", content_summary(data)]
        return ["\n".join(filter(None, lines)), saved, *self._dropdowns(saved, saved, saved)]

    def load(self, name: str | None, progress: gr.Progress = gr.Progress()) -> Any:
        unchanged = [gr.update()] * self._output_count
        if not name:
            return _with_status("❌ Select a session first.", unchanged)
        progress(0, desc="Loading")
        try:
            data = self._backend.load(name, _reporter(progress, "Loading"))
            returned = self._on_load(data) if self._on_load else None
        except Exception as error:
            return _with_status(error_text("Nothing was loaded", error), unchanged)
        lines = [
            f"✅ Session loaded: {name}",
            content_summary(data),
            f"Files: {self._backend.folder / clean_name(name)}",
            *self._warn_of_stale(name),
        ]
        values = [returned] if self._output_count == 1 else list(returned or ())
        return _with_status("\n".join(filter(None, lines)), values if self._output_count else [])

    # -- Exporting, importing, deleting -------------------------------------------------------------------------------

    def export(self, name: str | None, progress: gr.Progress = gr.Progress()) -> tuple[str, Any]:
        if not name:
            return "❌ Select a session to export first.", None
        progress(0, desc="Exporting")
        try:
            target = self._new_export_folder() / f"{clean_name(name)}_export.zip"
            self._backend.export(name, target, _reporter(progress, "Exporting"))
        except Exception as error:
            return error_text("Nothing was exported", error), None
        lines = [f"✅ Session exported: {target.name}, {format_size(target.stat().st_size)}"]
        return "\n".join([*lines, *self._warn_of_stale(name)]), str(target)

    def import_archive(
        self, archive: str | None, name: str, reading: str | None, progress: gr.Progress = gr.Progress()
    ) -> list[Any]:
        unchanged = [gr.update()] * IMPORT_OUTPUTS
        if not archive:
            return ["❌ Choose a ZIP to import first.", *unchanged]
        progress(0, desc="Importing")
        try:
            imported = self._backend.import_archive(
                Path(archive), name.strip(), _reporter(progress, "Importing"), reading=reading or ""
            )
        except NameReadingError as error:
            status = "❌ Nothing was imported. Choose how to read the names in the ZIP, then import it again."
            return [status, *unchanged[:2], _show_readings(error), *unchanged[3:]]
        except Exception as error:
            return [error_text("Nothing was imported", error), *unchanged]
        dropdowns = self._dropdowns(imported, imported, imported)
        return [f"✅ Session imported: {imported}", None, "", hide_readings(), *dropdowns]

    def ask_to_delete(self, name: str | None) -> tuple[Any, Any, str]:
        if not name:
            return gr.update(visible=False), gr.update(), "❌ Select a session to delete first."
        question = f"Delete **{escape_markdown(name)}**? {self._backend.deletion_notice}"
        return gr.update(visible=True), question, ""

    def delete(self, name: str | None, progress: gr.Progress = gr.Progress()) -> list[Any]:
        progress(0, desc="Deleting")
        hidden = gr.update(visible=False)
        try:
            self._backend.delete(name or "")
        except Exception as error:
            return [error_text("Nothing was deleted", error), hidden, *self._dropdowns(None, None, None)]
        return [f"✅ Session deleted: {name}", hidden, *self._dropdowns(None, None, None)]

    def _warn_of_stale(self, name: str) -> list[str]:
        """Return a line for each stale result of a session, if they are known."""
        try:
            return stale_lines(self._backend.progress(name))
        except EXPECTED_ERRORS:
            return []

    def _new_export_folder(self) -> Path:
        """Create a folder for one export, and delete old ones.

        It is in the temporary folder, from which Gradio may serve files.
        """
        if self._exports is None or not self._exports.is_dir():
            self._exports = Path(tempfile.mkdtemp(prefix="dubbing-exports-"))
        for folder in self._exports.iterdir():
            if folder.stat().st_mtime < time.time() - EXPORT_LIFETIME:
                shutil.rmtree(folder, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self._exports))


def hide_readings() -> Any:
    return gr.update(choices=[], value=None, visible=False)


def _show_readings(error: NameReadingError) -> Any:
    choices = [
        (f"{describe_reading(each)}: {each.reading.label}", each.reading.value) for each in error.readings
    ]
    return gr.update(choices=choices, value=choices[0][1], visible=True)


def _automatic_name(data: Mapping[str, Any]) -> str:
    return generate_session_name(data.get("video_name"), datetime.now())  # noqa: DTZ005 (names contain local time)


def _reporter(progress: gr.Progress, step: str) -> OnProgress:
    """Return a progress callback for any thread.

    Gradio finds the page by the context of the event.
    """
    context = contextvars.copy_context()
    reported_at = 0.0

    def report(done: int, total: int) -> None:
        nonlocal reported_at
        if total and (done == total or time.monotonic() - reported_at > PROGRESS_INTERVAL):
            reported_at = time.monotonic()
            text = f"{step}: {format_size(done)} of {format_size(total)}"
            context.copy().run(progress, min(done / total, 1.0), desc=text)

    return report


def _with_status(status: str, values: Sequence[Any]) -> Any:
    return [status, *values] if values else status
