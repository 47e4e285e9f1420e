from __future__ import annotations

import pytest

from dubbing_client.folder import Stat
from dubbing_client.folder_activity import Due, FolderActivity
from dubbing_client.folder_labels import find_source, label_folder, stage_message
from dubbing_core.categories import Category
from dubbing_core.labels import Label


class Changes:
    """A folder whose files change at set times."""

    def __init__(self) -> None:
        self.activity = FolderActivity(quiet=10, max_wait=60)
        self.files: dict[str, Stat] = {}

    def at(self, now: float, *changed: str, deleted: str = "") -> Due | None:
        self.files = {path: stat for path, stat in self.files.items() if path != deleted}
        self.files |= {path: Stat(1, int(now * 10**9), 0, 0) for path in changed}
        self.activity.update(self.files, now=now)
        return self.activity.due(now=now)


ALL = Due(frozenset(), includes_other=False)


@pytest.fixture
def changes() -> Changes:
    return Changes()


def test_a_folder_is_due_when_its_stage_has_rested(changes):
    assert changes.at(0, "hi.wav") is None
    assert changes.at(9) is None
    assert changes.at(11, "es.wav") is None
    assert changes.at(20) is None
    assert changes.at(21) == ALL
    changes.activity.set_saved(now=21)
    assert changes.at(50) is None
    assert changes.at(60, deleted="es.wav") is None
    assert changes.at(70) == ALL


def test_files_of_no_stage_delay_nothing_and_wait_longer(changes):
    changes.at(0, "hi.wav", "run.log")
    changes.at(5, "run.log")
    assert changes.at(10, "run.log") == Due(frozenset({"run.log"}), includes_other=False)
    changes.activity.set_saved(except_for={"run.log"}, now=10)
    assert changes.at(40) is None
    assert changes.at(70) == Due(frozenset(), includes_other=True)


def test_after_the_longest_wait_only_what_rests_is_due(changes):
    changes.at(0, "hi.wav")
    for now in range(5, 60, 5):
        assert changes.at(now, "es.wav") is None
    assert changes.at(60, "es.wav") == Due(frozenset({"es.wav"}), includes_other=False)
    changes.activity.set_saved(except_for={"es.wav"}, now=60)
    assert changes.at(65, "es.wav") is None


def test_a_finish_marker_ends_a_stage(changes):
    changes.at(0, "hi.srt")
    assert changes.at(3, ".subtitle_done") is None, "files may still be written in the same moment"
    assert changes.at(4, "hi.wav") == Due(frozenset({"hi.wav"}), includes_other=False)
    changes.activity.set_saved(except_for={"hi.wav"}, now=4)
    assert changes.at(5) is None
    assert changes.at(14) == ALL


def test_a_checkpoint_of_a_recognized_tool_ends_a_stage(changes):
    changes.at(0, "out/talk.srt", "out/translated.json", "out/job.log")
    changes.at(3, "out/.checkpoint.json")
    assert changes.at(4, "out/job.log") == Due(frozenset({"out/job.log"}), includes_other=False)


def test_a_record_of_progress_that_grows_delays_nothing(changes):
    changes.at(0, "hi.wav", ".progress")
    changes.at(5, ".progress")
    assert changes.at(10, ".progress") == Due(frozenset({".progress"}), includes_other=False)


def test_labels_of_deleted_files_are_kept(changes):
    changes.at(0, "audio/hi.wav")
    changes.at(1, deleted="audio/hi.wav")
    assert changes.activity.labels["audio/hi.wav"].category is Category.AUDIO


def test_the_source_is_the_only_video_that_no_tool_made():
    assert find_source(label_folder(["talk.mp4", "talk_final_hi.mp4", "audio/hi.wav"]).labels) == "talk.mp4"
    assert find_source(label_folder(["one.mp4", "other.mp4"]).labels) is None
    assert find_source({}) is None


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([("audio", "hi"), ("audio", "es"), ("audio", "hi")], "Audio in es, hi"),
        ([("final_videos", "hi"), ("original_video", "")], "Original video, final videos in hi"),
        ([("other", "")], ""),
        ([], ""),
    ],
)
def test_a_message_names_stages_and_languages(labels, message):
    assert (
        stage_message(Label(category=Category(category), language=language) for category, language in labels)
        == message
    )
