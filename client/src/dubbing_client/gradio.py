"""The original's tab "💾 Project Sessions", for any Gradio app.

::

    with gr.Blocks() as app:
        with gr.Tabs():
            with gr.Tab("Dub"): ...
            project_sessions_tab()

Gradio 4.44 or newer, 5 and 6.
"""

from __future__ import annotations

# ruff: noqa: UP045 (Gradio looks at annotations while the app runs, and Python 3.9 knows no other spelling)
import contextvars
import inspect
import logging
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Callable, Optional

try:
    import gradio as gr
except ImportError as error:
    raise ImportError(
        'The tab needs Gradio, which is not installed here: pip install "dubbing-sessions-client[gradio]"'
    ) from error

from dubbing_client.manager import EXPECTED, ProjectSessionManager, sentence
from dubbing_client.sessions.backend import Progress
from dubbing_client.sessions.collecting import collect_session_data
from dubbing_client.sessions.names import auto_name, clean_name
from dubbing_client.sessions.places import shown

__all__ = ["project_sessions_tab"]

log = logging.getLogger("dubbing_client")

Collect = Callable[..., dict[str, Any]]
OnLoad = Callable[[dict[str, Any]], Any]

NOTHING_SELECTED = "Select a session to view detailed information."
KEPT_SECONDS = 3600
"""How long an export waits in the temporary folder; Gradio has its own copy by then."""
TELL_SECONDS = 0.2
# Events are for this page alone: whoever scripts has the manager.
PRIVATE: dict[str, Any] = (
    {"api_visibility": "private"}
    if "api_visibility" in inspect.signature(gr.on).parameters
    else {"api_name": False}
)
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$])")


def project_sessions_tab(  # noqa: PLR0915 (a page is read from top to bottom)
    manager: Optional[ProjectSessionManager] = None,
    collect: Collect = collect_session_data,
    on_load: Optional[OnLoad] = None,
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
    desk = _Desk(manager or ProjectSessionManager(), collect, on_load, len(outputs))
    with gr.Tab("💾 Project Sessions") as tab:
        gr.Markdown("# 💾 Project Session Manager")
        gr.Markdown(f"Sessions are kept {_escaped(desk.manager.backend.where)}.")
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                gr.Markdown("### 💾 Save Current Session")
                project_name_input = gr.Textbox(
                    label="Project Name", placeholder="Leave empty for an automatic name", max_lines=1
                )
                auto_name_btn = gr.Button("🎲 Generate Auto Name")
                save_session_btn = gr.Button("💾 Save Current Session", variant="primary")
                save_session_status = gr.Textbox(label="Save Status", lines=3, interactive=False)
            with gr.Column(scale=2, min_width=320):
                gr.Markdown("### 🔄 Load Existing Session")
                session_dropdown = _session_dropdown("Available Sessions")
                refresh_sessions_btn = gr.Button("🔄 Refresh")
                load_session_btn = gr.Button("🔄 Load Selected Session", variant="primary")
                load_session_status = gr.Textbox(label="Load Status", lines=3, interactive=False)
        with gr.Accordion("📊 Session Information", open=False):
            session_info_display = gr.Markdown(NOTHING_SELECTED)
        with gr.Accordion("🛠️ Session Management", open=False):
            with gr.Row():
                with gr.Column(min_width=280):
                    gr.Markdown("### 📦 Export")
                    export_session_name = _session_dropdown("Session to Export")
                    export_session_btn = gr.Button("📦 Export Session")
                    export_session_file = gr.File(label="Exported ZIP", interactive=False)
                with gr.Column(min_width=280):
                    gr.Markdown("### 📥 Import")
                    import_session_file = gr.File(
                        label="Session ZIP", file_types=[".zip"], type="filepath", height=120
                    )
                    import_session_name = gr.Textbox(
                        label="Name", placeholder="Leave empty to name it after the file", max_lines=1
                    )
                    import_session_btn = gr.Button("📥 Import Session")
                with gr.Column(min_width=280):
                    gr.Markdown("### 🗑️ Delete")
                    delete_session_name = _session_dropdown("Session to Delete")
                    delete_session_btn = gr.Button("🗑️ Delete Session", variant="stop")
                    with gr.Column(visible=False) as confirmation:
                        question = gr.Markdown()
                        with gr.Row():
                            keep_session_btn = gr.Button("Keep it")
                            really_delete_btn = gr.Button("Yes, delete it", variant="stop")
            session_management_status = gr.Textbox(label="Status", lines=2, interactive=False)

    dropdowns = [session_dropdown, export_session_name, delete_session_name]
    quick: dict[str, Any] = {**PRIVATE, "show_progress": "hidden", "concurrency_limit": None}

    # When the page opens, when the tab does, and when somebody asks: others save and delete sessions, too.
    gr.on(
        fn=desk.refresh,
        inputs=dropdowns,
        outputs=dropdowns,
        triggers=[tab.select, refresh_sessions_btn.click],
        **quick,
    )
    _app_around(tab).load(desk.offered, None, dropdowns, **quick)
    auto_name_btn.click(desk.generate_name, list(inputs), [project_name_input, save_session_status], **quick)
    save_session_btn.click(
        desk.save,
        [project_name_input, *inputs],
        [save_session_status, project_name_input, *dropdowns],
        **PRIVATE,
    )
    load_session_btn.click(desk.load, session_dropdown, [load_session_status, *outputs], **PRIVATE)
    session_dropdown.change(
        desk.chosen,
        session_dropdown,
        [session_info_display, export_session_name, delete_session_name],
        **quick,
    )
    export_session_btn.click(
        desk.export, export_session_name, [session_management_status, export_session_file], **PRIVATE
    )
    import_session_btn.click(
        desk.bring,
        [import_session_file, import_session_name],
        [session_management_status, import_session_file, import_session_name, *dropdowns],
        **PRIVATE,
    )
    asking = [confirmation, question, session_management_status]
    delete_session_btn.click(desk.ask, delete_session_name, asking, **quick)
    gr.on(
        [keep_session_btn.click, delete_session_name.change],
        lambda: gr.update(visible=False),
        None,
        confirmation,
        **quick,
    )
    really_delete_btn.click(
        desk.delete, delete_session_name, [session_management_status, confirmation, *dropdowns], **PRIVATE
    )
    return tab


class _Desk:
    """What the tab's buttons do. Each answer is what its event's outputs show; what goes wrong is a sentence in a status."""

    def __init__(
        self, manager: ProjectSessionManager, collect: Collect, on_load: Optional[OnLoad], outputs: int
    ) -> None:
        self.manager = manager
        self._collect = collect
        self._on_load = on_load
        self._outputs = outputs
        self._exports: Optional[Path] = None

    @property
    def _sessions(self) -> Any:
        return self.manager.backend

    # -- Which sessions there are -------------------------------------------------------------------------------------

    def offered(self) -> list[Any]:
        return self._choices(None, None, None)

    def refresh(self, *chosen: Optional[str]) -> list[Any]:
        return self._choices(*chosen)

    def chosen(self, name: Optional[str]) -> tuple[str, Any, Any]:
        return self._described(name), gr.update(value=name or None), gr.update(value=name or None)

    def _choices(self, *chosen: Optional[str]) -> list[Any]:
        try:
            names = self._sessions.names()
        except Exception as error:  # noqa: BLE001
            gr.Warning(_said("The sessions cannot be listed", error))
            return [gr.update() for _ in chosen]
        return [gr.update(choices=names, value=name if name in names else None) for name in chosen]

    def _described(self, name: Optional[str]) -> str:
        if not name:
            return NOTHING_SELECTED
        try:
            return described(self._sessions.info(name))
        except Exception as error:  # noqa: BLE001
            return _escaped(_said("Nothing is known about it", error))

    # -- Saving and loading -------------------------------------------------------------------------------------------

    def generate_name(self, *values: Any) -> tuple[Any, str]:
        try:
            return self._automatic(self._collect(*values)), ""
        except Exception as error:  # noqa: BLE001
            return gr.update(), _said("There is no name yet", error)

    def save(self, name: str, *values: Any, progress: gr.Progress = gr.Progress()) -> list[Any]:  # noqa: B008
        progress(0, desc="Collecting")
        try:
            data = self._collect(*values)
            saved = self._sessions.save(
                name.strip() or self._automatic(data), data, _tell(progress, "Saving")
            )
        except Exception as error:  # noqa: BLE001
            return [_said("Nothing was saved", error), *([gr.update()] * 4)]
        lines = [f"✅ Session saved: {saved}", _contents(data)]
        return ["\n".join(filter(None, lines)), saved, *self._choices(saved, saved, saved)]

    def load(self, name: Optional[str], progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008
        unchanged = [gr.update()] * self._outputs
        if not name:
            return _outcome("❌ Select a session first.", unchanged)
        progress(0, desc="Loading")
        try:
            data = self._sessions.load(name, _tell(progress, "Loading"))
            given = self._on_load(data) if self._on_load else None
        except Exception as error:  # noqa: BLE001
            return _outcome(_said("Nothing was loaded", error), unchanged)
        lines = [
            f"✅ Session loaded: {name}",
            _contents(data),
            f"Files: {self._sessions.folder / clean_name(name)}",
        ]
        values = [given] if self._outputs == 1 else list(given or ())
        return _outcome("\n".join(filter(None, lines)), values if self._outputs else [])

    def _automatic(self, data: Mapping[str, Any]) -> str:
        return auto_name(data.get("video_name"), datetime.now())  # noqa: DTZ005 (as the clock on the wall says)

    # -- Exporting, importing, deleting -------------------------------------------------------------------------------

    def export(self, name: Optional[str], progress: gr.Progress = gr.Progress()) -> tuple[str, Any]:  # noqa: B008
        if not name:
            return "❌ Select a session to export first.", None
        progress(0, desc="Exporting")
        try:
            target = self._export_folder() / f"{clean_name(name)}_export.zip"
            self._sessions.export(name, target, _tell(progress, "Exporting"))
        except Exception as error:  # noqa: BLE001
            return _said("Nothing was exported", error), None
        return f"✅ Session exported: {target.name}, {shown(target.stat().st_size)}", str(target)

    def bring(
        self,
        archive: Optional[str],
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
        except Exception as error:  # noqa: BLE001
            return [_said("Nothing was imported", error), *unchanged]
        return [f"✅ Session imported: {brought}", None, "", *self._choices(brought, brought, brought)]

    def ask(self, name: Optional[str]) -> tuple[Any, Any, str]:
        if not name:
            return gr.update(visible=False), gr.update(), "❌ Select a session to delete first."
        return gr.update(visible=True), f"Delete **{_escaped(name)}**? {self._sessions.farewell}", ""

    def delete(self, name: Optional[str], progress: gr.Progress = gr.Progress()) -> list[Any]:  # noqa: B008
        progress(0, desc="Deleting")
        hidden = gr.update(visible=False)
        try:
            self._sessions.delete(name or "")
        except Exception as error:  # noqa: BLE001
            return [_said("Nothing was deleted", error), hidden, *self._choices(None, None, None)]
        return [f"✅ Session deleted: {name}", hidden, *self._choices(None, None, None)]

    def _export_folder(self) -> Path:
        """A new folder for one export, in the temporary folder, from which Gradio takes files. Old ones go."""
        if self._exports is None or not self._exports.is_dir():
            self._exports = Path(tempfile.mkdtemp(prefix="dubbing-exports-"))
        for folder in self._exports.iterdir():
            if folder.stat().st_mtime < time.time() - KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self._exports))


def described(info: Mapping[str, Any]) -> str:
    """The original's session information, in Markdown."""
    done = {
        "Transcription": info["has_transcription"],
        "Translations": info["has_translations"],
        "Audio Generated": info["has_audio"],
        "Videos Created": info["has_videos"],
    }
    blocks = [
        f"# 📊 Session: {_escaped(info['session_name'])}",
        _lines(
            f"**Video:** {_escaped(info['video_name'])}",
            f"**Languages:** {_escaped(', '.join(info['languages']) or 'none yet')}",
            f"**Created:** {_escaped(info['created_at'][:19])}",
            f"**Last Updated:** {_escaped(info['last_updated'][:19])}",
            f"**Total Files:** {info['file_count']}",
        ),
        "**Pipeline Progress:**",
        _lines(*(f"• {step}: {'✅' if is_done else '❌'}" for step, is_done in done.items())),
    ]
    voices = info["voice_assignments"]
    if voices:
        assigned = (
            f"• {_escaped(str(key).upper())}: {_escaped(str(voice))}" for key, voice in voices.items()
        )
        blocks += ["**Voice Assignments:**", _lines(*assigned)]
    return "\n\n".join(blocks)


def _app_around(tab: gr.Tab) -> Any:
    around: Any = tab
    while around.parent is not None:
        around = around.parent
    if not isinstance(around, gr.Blocks):
        raise TypeError("The tab belongs inside of gr.Blocks: call project_sessions_tab() in its with block.")
    return around


def _session_dropdown(label: str) -> gr.Dropdown:
    # Names that this page has not heard of yet are no error: they come with the next list.
    return gr.Dropdown(label=label, choices=[], value=None, interactive=True, allow_custom_value=False)


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


def _contents(data: Mapping[str, Any]) -> str:
    counted = {
        "languages": len(data.get("languages") or ()),
        "audio files": len(data.get("audio_paths") or ()),
        "videos": len(data.get("final_videos") or ()) + len(data.get("mixed_videos") or ()),
        "custom voices": len(data.get("custom_voices") or ()),
    }
    return ", ".join(
        f"{count} {what if count > 1 else what[:-1]}" for what, count in counted.items() if count
    )


def _said(what: str, error: Exception) -> str:
    if not isinstance(error, EXPECTED):
        log.error("%s.", what, exc_info=error)
        return f"❌ {what}: {type(error).__name__}: {error}"
    return f"❌ {what}. {sentence(error)}"


def _outcome(status: str, values: Sequence[Any]) -> Any:
    return [status, *values] if values else status


def _lines(*lines: str) -> str:
    return "  \n".join(lines)


def _escaped(text: str) -> str:
    return MARKDOWN.sub(r"\\\1", text)
