"""`dubs watch` against a pipeline with a clock of its own: no test waits for real time."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dubbing_client.api import Api
from dubbing_client.folder import Folder
from dubbing_client.state import State
from dubbing_client.watcher import KEEP, NEW_SESSION, STOP, SavedStage, Watcher, WatchOptions

pytestmark = [pytest.mark.slow, pytest.mark.one_stack]

EPOCH = 1_700_000_000
"""Time of the pipeline's first file. Hashes of old files are reliable at once."""
METADATA = b'{"session_name": "Half", "video_name": "x.mp4", "session_metadata": {}}'


class Pipeline:
    """A folder that changes at set times, and the clock of its watcher."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.now = 0.0
        self._steps: list[tuple[float, Callable[[], object]]] = []

    def at(self, time: float, action: Callable[..., object], *arguments: object) -> None:
        self._steps.append((time, lambda: action(*arguments)))

    def every(self, seconds: float, until: float, action: Callable[..., object], *arguments: object) -> None:
        for number in range(int(until / seconds)):
            self.at(number * seconds, action, *arguments)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._steps.sort(key=lambda step: step[0])
        while self._steps and self._steps[0][0] <= self.now:
            self._steps.pop(0)[1]()

    def write(self, *paths: str, data: bytes = b"") -> None:
        for path in paths:
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data or f"{path} at {self.now}".encode())
            self._set_time(place)

    def append(self, path: str) -> None:
        with (self.folder / path).open("ab") as file:
            file.write(b"more\n")
        self._set_time(self.folder / path)

    def delete(self, *paths: str) -> None:
        for path in paths:
            (self.folder / path).unlink()

    def clear(self) -> None:
        self.delete(*self.read())

    def read(self) -> dict[str, bytes]:
        places = sorted(place for place in self.folder.rglob("*") if place.is_file())
        return {place.relative_to(self.folder).as_posix(): place.read_bytes() for place in places}

    def _set_time(self, place: Path) -> None:
        time_ns = int((EPOCH + self.now) * 10**9) + 1
        os.utime(place, ns=(time_ns, time_ns))


class Notes:
    """A listener that keeps sentences."""

    begin = advance = end = staticmethod(lambda *_: None)

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def notify(self, sentence: str) -> None:
        self.sentences.append(sentence)


class Watch:
    """A watcher of a pipeline, with what it reported."""

    def __init__(self, api: Api, pipeline: Pipeline, *, decision: str = STOP, **options: Any) -> None:
        self.api = api
        self.pipeline = pipeline
        self.saved: list[SavedStage] = []
        self.contents: list[dict[str, bytes]] = []
        """Of the folder when each version was saved."""
        self.question_count = 0
        self._decision = decision
        self.notes = Notes()
        folder = Folder(pipeline.folder)
        self.watcher = Watcher(
            api,
            folder,
            State.read(api.url, folder),
            WatchOptions(**options),
            on_saved=self._add,
            decide=self._decide,
            listener=self.notes,
            clock=pipeline.clock,
            sleep=pipeline.sleep,
        )

    def run(self, *, until: float) -> None:
        self.watcher.run(lambda: self.pipeline.now >= until)

    def _add(self, stage: SavedStage) -> None:
        self.saved.append(stage)
        self.contents.append(self.pipeline.read())

    def _decide(self, *_: object) -> str:
        self.question_count += 1
        return self._decision

    @property
    def messages(self) -> list[str]:
        return [stage.message for stage in self.saved]

    def names(self, number: int = -1) -> set[str]:
        """Return the paths in the folder of a saved version's files."""
        result = self.saved[number].result
        entries = self.api.manifest(result.session, result.version)["entries"]
        return {entry["path"] for entry in entries}


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path / "work")


def test_every_stage_that_rested_is_a_version(api, pipeline):
    """Stages are 14 s apart, a heartbeat and a log never rest, files are rewritten in place and wiped."""
    pipeline.at(0, pipeline.write, "talk.mp4", "transcriptions/original_asr.json", "temp/chunk_1.npy")
    pipeline.every(1, 90, pipeline.write, "heartbeat")
    pipeline.every(2, 90, lambda: pipeline.append("run.log") if pipeline.now else pipeline.write("run.log"))
    pipeline.at(14, pipeline.write, "translations/hi.srt", "translations/es.srt")
    for number in range(5):
        pipeline.at(28 + number, pipeline.write, f"audio/hi_{number}.wav")
    pipeline.at(46, pipeline.write, "audio/hi_0.wav")  # in place
    pipeline.at(46, pipeline.delete, "temp/chunk_1.npy")
    pipeline.at(60, pipeline.write, "final_videos/hi_final.mp4")
    pipeline.at(74, pipeline.delete, *(f"audio/hi_{number}.wav" for number in range(5)))
    watch = Watch(api, pipeline, name="Watched")
    watch.run(until=120)
    assert watch.messages == [
        "Original video, transcriptions",
        "Translations in es, hi",
        "Audio in hi",
        "Audio in hi",
        "Final videos in hi",
        "Removed: audio in hi",
    ]
    assert [stage.result.version for stage in watch.saved] == [1, 2, 3, 4, 5, 6]
    assert {"heartbeat", "run.log"}.isdisjoint(watch.saved[1].result.changed)
    assert watch.saved[3].result.removed == ("temp/chunk_1.npy",)
    assert watch.notes.sentences == []
    for stage, content in zip(watch.saved, watch.contents, strict=True):
        manifest = api.manifest(stage.result.session, stage.result.version)
        sizes = {entry["path"]: entry["size"] for entry in manifest["entries"]}
        assert sizes == {path: len(data) for path, data in content.items() if path in sizes}
        assert content.keys() - sizes.keys() <= {"heartbeat", "run.log"}


@pytest.mark.variant
def test_a_log_is_saved_once_it_rests(api, pipeline):
    pipeline.at(0, pipeline.write, "talk.mp4", "run.log")
    pipeline.every(2, 60, pipeline.append, "run.log")
    watch = Watch(api, pipeline, name="Logged")
    watch.run(until=420)
    assert watch.messages == ["Original video", "Other files"]
    assert watch.names() == {"talk.mp4", "run.log"}


def test_a_growing_file_delays_a_save_for_a_set_time_only(api, pipeline):
    pipeline.at(0, pipeline.write, "talk.mp4", "audio/hi_full.wav")
    pipeline.every(2, 100, pipeline.append, "audio/hi_full.wav")
    pipeline.at(50, pipeline.write, "translations/hi.srt")
    watch = Watch(api, pipeline, name="Growing", max_wait=40)
    watch.run(until=45)
    assert (watch.messages, watch.names()) == (["Original video"], {"talk.mp4"})
    watch.run(until=95)
    assert (watch.messages[1:], watch.names()) == (
        ["Translations in hi"],
        {"talk.mp4", "translations/hi.srt"},
    )
    watch.run(until=130)
    assert watch.saved[-1].result.changed == ("audio/hi_full.wav",)


def test_a_finish_marker_saves_the_stage_at_once(api, pipeline):
    pipeline.at(0, pipeline.write, "talk.mp4", "translations/hi.srt", ".subtitle_done")
    pipeline.every(3, 30, pipeline.write, "audio/hi.wav")
    watch = Watch(api, pipeline, name="Marked")
    watch.run(until=3)
    assert watch.messages == ["Original video, translations in hi, audio in hi"]
    watch.run(until=45)
    assert watch.messages[1:] == ["Audio in hi"]


def test_a_half_written_file_is_reported_and_saved_when_it_is_complete(api, pipeline):
    pipeline.write("a.srt")
    pipeline.write("metadata.json", data=METADATA[:40])
    pipeline.at(60, lambda: pipeline.write("metadata.json", data=METADATA))
    watch = Watch(api, pipeline, name="Half")
    watch.run(until=59)
    assert (watch.saved, watch.notes.sentences) == (
        [],
        ["“metadata.json” is not complete yet. It is saved when it is, or after 300 s."],
    )
    watch.run(until=80)
    assert [stage.result.version for stage in watch.saved] == [1]
    assert api.get_session("Half")["video_name"] == "x.mp4"


def test_a_refusal_is_reported_once_and_watching_continues(api, pipeline):
    pipeline.write("talk.mp4")
    watch = Watch(api, pipeline, name="")
    watch.run(until=12)
    (first,) = watch.saved
    api.delete_session(first.result.session)
    pipeline.write("audio/hi.wav")
    watch.run(until=100)
    (sentence,) = watch.notes.sentences
    assert sentence == (
        f"The session of this folder, “{first.result.name}”, is in the trash. Restore it in the portal, or name another one."
        " Watching continues."
    )
    api.restore_sessions([first.result.session])
    watch.run(until=300)
    assert watch.messages == ["Original video", "Audio in hi"]


UNREPRESENTABLE = (
    "1 name cannot be saved. Rename, or save without: --skip-unrepresentable. Nothing was saved. "
    "“caf⟦U+DCE9⟧.wav” is not valid Unicode. Rename the file. Watching continues."
)


@pytest.mark.parametrize(("skip", "versions", "notes"), [(False, 0, [UNREPRESENTABLE]), (True, 1, [])])
def test_names_that_cannot_be_saved_are_left_out_on_request(api, pipeline, skip, versions, notes):
    pipeline.write("talk.mp4")
    pipeline.write(os.fsdecode(b"caf\xe9.wav"), data=b"x")
    watch = Watch(api, pipeline, name="Left out", skip_unrepresentable=skip)
    watch.run(until=20)
    assert len(watch.saved) == versions
    assert [note for note in watch.notes.sentences if "cannot be saved" in note] == notes


def test_a_signed_out_watcher_continues_after_the_next_sign_in(api, pipeline, portal):
    pipeline.write("talk.mp4")
    token, api.token = api.token, "dubs_wrong"
    watch = Watch(api, pipeline, name="Signed out")
    watch.run(until=40)
    assert (watch.saved, len(watch.notes.sentences)) == ([], 1)
    assert watch.notes.sentences[0].endswith(
        "Sign in again in another terminal: dubs login. Watching continues."
    )
    api.token = token
    watch.run(until=100)
    assert watch.messages == ["Original video"]


@pytest.mark.parametrize(
    ("decision", "versions"),
    [
        (STOP, [("First", 1)]),
        (KEEP, [("First", 1), ("First", 2)]),
        (NEW_SESSION, [("First", 1), ("other", 1)]),
    ],
)
def test_the_user_decides_about_another_source(api, pipeline, decision, versions):
    pipeline.write("talk.mp4", "audio/hi.wav")
    pipeline.at(20, pipeline.clear)
    pipeline.at(40, pipeline.write, "other.mp4", "audio/hi.wav")
    watch = Watch(api, pipeline, name="First", decision=decision)
    watch.run(until=39)
    assert watch.notes.sentences == []
    assert len(watch.saved) == 1
    watch.run(until=100)
    assert watch.question_count == 1
    saved = [(stage.result.name, stage.result.version) for stage in watch.saved]
    assert [(name.split("_")[0], version) for name, version in saved] == versions
    assert api.get_session("First")["version"] == max(
        version for name, version in versions if name == "First"
    )


def test_a_session_begins_with_each_source(api, pipeline):
    """Pipelines that handle one video at a time use the same names for each."""
    for number in range(3):
        pipeline.at(number * 40, pipeline.write, "download.mp4", "translation.json")
        pipeline.at(number * 40 + 14, pipeline.write, "audio/hi.wav")
        pipeline.at(number * 40 + 36, pipeline.clear)
    watch = Watch(api, pipeline, name="Series", new_session_per_source=True)
    watch.run(until=120)
    assert [stage.result.version for stage in watch.saved] == [1, 2, 1, 2, 1, 2]
    assert len({stage.result.session for stage in watch.saved}) == 3
    assert watch.saved[0].result.name == "Series"
    assert all(watch.names(number) == {"download.mp4", "translation.json"} for number in (0, 2, 4))


def test_a_source_that_was_still_being_downloaded_is_the_same(api, pipeline):
    pipeline.write("talk.mp4", data=b"beginning")
    pipeline.at(30, lambda: pipeline.write("talk.mp4", data=b"beginning, end"))
    pipeline.at(50, lambda: (pipeline.folder / "talk.mp4").rename(pipeline.folder / "renamed.mp4"))
    watch = Watch(api, pipeline, name="Downloaded")
    watch.run(until=80)
    assert ([stage.result.version for stage in watch.saved], watch.question_count) == ([1, 2, 3], 0)


def test_a_folder_without_files_but_logs_is_not_saved(api, pipeline):
    pipeline.write("talk.mp4", "audio/hi.wav", "run.log")
    pipeline.at(20, pipeline.delete, "talk.mp4", "audio/hi.wav")
    watch = Watch(api, pipeline, name="Cleared")
    watch.run(until=60)
    assert len(watch.saved) == 1
    assert watch.notes.sentences == [
        "The source video “talk.mp4” was removed. Nothing is saved until files are written again. Watching continues."
    ]
