"""What the tab's buttons do."""

from __future__ import annotations

# ruff: noqa: BLE001 (whatever goes wrong, in the pipeline's own functions too, is told beside the button)
import contextvars
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import gradio as gr

from dubbing_client.gradio.words import NOTHING_SELECTED, contents, described, escaped, said
from dubbing_client.manager import ProjectSessionManager
from dubbing_client.sessions.backend import Progress
from dubbing_client.sessions.names import auto_name, clean_name
from dubbing_client.sessions.places import shown

Collect = Callable[..., dict[str, Any]]
OnLoad = Callable[[dict[str, Any]], Any]

KEPT_SECONDS = 3600
"""How long an export waits in the temporary folder; Gradio has its own copy by then."""
TELL_SECONDS = 0.2


class Desk:
    """Each answer is what its event's outputs show; what goes wrong is a sentence in a status."""

    def __init__(
        self, manager: ProjectSessionManager, collect: Collect, on_load: OnLoad | None, outputs: int
    ) -> None:
        self.manager = manager
        self._collect = collect
        self._on_load = on_load
        self._outputs = outputs
        self._exports: Path | None = None

    @property
    def _sessions(self) -> Any:
        return self.manager.backend

    # -- Which sessions there are -------------------------------------------------------------------------------------

    def offered(self) -> list[Any]:
        return self._choices(None, None, None)

    def refresh(self, *chosen: str | None) -> list[Any]:
        return self._choices(*chosen)

    def chosen(self, name: str | None) -> tuple[str, Any, Any]:
        return self._described(name), gr.update(value=name or None), gr.update(value=name or None)

    def _choices(self, *chosen: str | None) -> list[Any]:
        try:
            names = self._sessions.names()
        except Exception as error:
            gr.Warning(said("The sessions cannot be listed", error))
            return [gr.update() for _ in chosen]
        return [gr.update(choices=names, value=name if name in names else None) for name in chosen]

    def _described(self, name: str | None) -> str:
        if not name:
            return NOTHING_SELECTED
        try:
            return described(self._sessions.info(name))
        except Exception as error:
            return escaped(said("Nothing is known about it", error))

    # -- Saving and loading -------------------------------------------------------------------------------------------

    def generate_name(self, *values: Any) -> tuple[Any, str]:
        try:
            return self._automatic(self._collect(*values)), ""
        except Exception as error:
            return gr.update(), said("There is no name yet", error)

    def save(self, name: str, *values: Any, progress: gr.Progress = gr.Progress()) -> list[Any]:  # noqa: B008
        progress(0, desc="Collecting")
        try:
            data = self._collect(*values)
            saved = self._sessions.save(
                name.strip() or self._automatic(data), data, _tell(progress, "Saving")
            )
        except Exception as error:
            return [said("Nothing was saved", error), *([gr.update()] * 4)]
        lines = [f"✅ Session saved: {saved}", contents(data)]
        return ["\n".join(filter(None, lines)), saved, *self._choices(saved, saved, saved)]

    def load(self, name: str | None, progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008
        unchanged = [gr.update()] * self._outputs
        if not name:
            return _outcome("❌ Select a session first.", unchanged)
        progress(0, desc="Loading")
        try:
            data = self._sessions.load(name, _tell(progress, "Loading"))
            given = self._on_load(data) if self._on_load else None
        except Exception as error:
            return _outcome(said("Nothing was loaded", error), unchanged)
        lines = [
            f"✅ Session loaded: {name}",
            contents(data),
            f"Files: {self._sessions.folder / clean_name(name)}",
        ]
        values = [given] if self._outputs == 1 else list(given or ())
        return _outcome("\n".join(filter(None, lines)), values if self._outputs else [])

    def _automatic(self, data: Mapping[str, Any]) -> str:
        return auto_name(data.get("video_name"), datetime.now())  # noqa: DTZ005 (as the clock on the wall says)

    # -- Exporting, importing, deleting -------------------------------------------------------------------------------

    def export(self, name: str | None, progress: gr.Progress = gr.Progress()) -> tuple[str, Any]:  # noqa: B008
        if not name:
            return "❌ Select a session to export first.", None
        progress(0, desc="Exporting")
        try:
            target = self._export_folder() / f"{clean_name(name)}_export.zip"
            self._sessions.export(name, target, _tell(progress, "Exporting"))
        except Exception as error:
            return said("Nothing was exported", error), None
        return f"✅ Session exported: {target.name}, {shown(target.stat().st_size)}", str(target)

    def bring(
        self,
        archive: str | None,
        name: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> list[Any]:
        unchanged = [gr.update()] * 5
        if not archive:
            return ["❌ Choose a ZIP to import first.", *unchanged]
        progress(0, desc="Importing")
        try:
            brought = self._sessions.bring(
                Path(archive), name.strip() or Path(archive).stem, _tell(progress, "Importing")
            )
        except Exception as error:
            return [said("Nothing was imported", error), *unchanged]
        return [f"✅ Session imported: {brought}", None, "", *self._choices(brought, brought, brought)]

    def ask(self, name: str | None) -> tuple[Any, Any, str]:
        if not name:
            return gr.update(visible=False), gr.update(), "❌ Select a session to delete first."
        return gr.update(visible=True), f"Delete **{escaped(name)}**? {self._sessions.farewell}", ""

    def delete(self, name: str | None, progress: gr.Progress = gr.Progress()) -> list[Any]:  # noqa: B008
        progress(0, desc="Deleting")
        hidden = gr.update(visible=False)
        try:
            self._sessions.delete(name or "")
        except Exception as error:
            return [said("Nothing was deleted", error), hidden, *self._choices(None, None, None)]
        return [f"✅ Session deleted: {name}", hidden, *self._choices(None, None, None)]

    def _export_folder(self) -> Path:
        """A new folder for one export, in the temporary folder, from which Gradio takes files. Old ones go."""
        if self._exports is None or not self._exports.is_dir():
            self._exports = Path(tempfile.mkdtemp(prefix="dubbing-exports-"))
        for folder in self._exports.iterdir():
            if folder.stat().st_mtime < time.time() - KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self._exports))


def _tell(progress: gr.Progress, doing: str) -> Progress:
    """Progress from any thread: Gradio finds the page that it belongs to by the context of the one that was asked."""
    context = contextvars.copy_context()
    told_at = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal told_at
        if total and (done == total or time.monotonic() - told_at > TELL_SECONDS):
            told_at = time.monotonic()
            said = f"{doing}: {shown(done)} of {shown(total)}"
            context.copy().run(progress, min(done / total, 1.0), desc=said)

    return tell


def _outcome(status: str, values: Sequence[Any]) -> Any:
    return [status, *values] if values else status
