"""Sessions in a folder: what the original did, without what it lost."""

from __future__ import annotations

import json
from pathlib import Path

from disk import contents, write


def test_every_file_that_the_data_name_gets_its_place(manager):
    data = {
        "original_video_path": write("in/My Talk.MOV", b"video"),
        "transcription_files": [write("original_asr.json", b"[]"), write("chunked_transcript.json", b"{}")],
        "translation_files": [write("translated.json", b"{}")],
        "voices": {"hi": "deep"},
        "audio_paths": {"hi": write("out/take3.wav", b"hi"), "pt-BR": write("out/x.MP3", b"pt")},
        "final_videos": {"hi": Path(write("out/hi.mp4", b"final"))},
        "custom_voices": [write("refs/ana.wav", b"ana")],
        "mixed_videos": [write("mix/loud.mp4", b"mix")],
    }
    assert manager.save_session("Talk", data)
    assert contents(Path("sessions/Talk")).keys() == {
        "metadata.json",
        "original_video.mov",
        "transcriptions/original_asr.json",
        "transcriptions/chunked_transcript.json",
        "translations/translated.json",
        "voices/voice_assignments.json",
        "audio/hi_audio.wav",
        "audio/pt-BR_audio.mp3",
        "final_videos/hi_final.mp4",
        "custom_voices/ana.wav",
        "mixed_videos/loud.mp4",
    }
    loaded = manager.load_session("Talk")
    assert loaded["video_name"] == "My Talk.MOV"
    assert Path(loaded["original_video_path"]).read_bytes() == b"video"
    assert Path(loaded["audio_paths"]["pt-BR"]).read_bytes() == b"pt"
    document = json.loads(Path("sessions/Talk/metadata.json").read_bytes())
    assert "original_video_path" not in document
    assert document["audio_paths"]["hi"] == "sessions/Talk/audio/hi_audio.wav"


def test_a_save_adds_and_replaces_and_never_takes_away(manager):
    manager.save_session(
        "Talk",
        {
            "video_name": "talk.mp4",
            "transcription_text": "Hello",
            "audio_paths": {"hi": write("hi.wav", b"one"), "es": write("es.wav", b"es")},
            "notes": ["mine"],
        },
    )
    # A pipeline that wiped its folder knows of one new take alone.
    assert manager.save_session(
        "Talk",
        {"video_name": "", "transcription_text": "", "audio_paths": {"hi": write("hi.wav", b"two")}},
    )
    loaded = manager.load_session("Talk")
    assert (loaded["video_name"], loaded["transcription_text"], loaded["notes"]) == (
        "talk.mp4",
        "Hello",
        ["mine"],
    )
    assert {language: Path(path).read_bytes() for language, path in loaded["audio_paths"].items()} == {
        "hi": b"two",
        "es": b"es",
    }


def test_saving_what_was_loaded_changes_nothing_but_the_time(manager):
    manager.save_session("Talk", {"video_name": "a.mp4", "audio_paths": {"hi": write("hi.wav")}})
    before = contents(Path("sessions/Talk"))
    inode = Path("sessions/Talk/audio/hi_audio.wav").stat().st_ino
    loaded = manager.load_session("Talk")
    assert manager.save_session("Talk", loaded)
    after = contents(Path("sessions/Talk"))
    first, second = json.loads(before.pop("metadata.json")), json.loads(after.pop("metadata.json"))
    assert before == after
    assert second["created_at"] == first["created_at"]
    assert second["last_updated"] > first["last_updated"]
    assert Path("sessions/Talk/audio/hi_audio.wav").stat().st_ino == inode, "it was copied"


def test_a_session_can_be_saved_under_another_name(manager):
    manager.save_session("Talk", {"audio_paths": {"hi": write("hi.wav", b"hi")}})
    assert manager.save_session("Copy", manager.load_session("Talk"))
    assert Path(manager.load_session("Copy")["audio_paths"]["hi"]).parent == Path("sessions/Copy/audio")
    assert manager.delete_session("Talk")
    assert Path("sessions/Copy/audio/hi_audio.wav").read_bytes() == b"hi"


def test_two_voices_of_one_name_are_two_voices(manager):
    voices = [write("ana/ref.wav", b"ana"), write("ben/ref.wav", b"ben"), "ana/ref.wav"]
    assert manager.save_session("Talk", {"custom_voices": voices})
    loaded = manager.load_session("Talk")
    assert [Path(path).read_bytes() for path in loaded["custom_voices"]] == [b"ana", b"ben"]


def test_another_source_video_takes_the_place_of_the_one_before(manager):
    manager.save_session("Talk", {"original_video_path": write("talk.mp4")})
    manager.save_session("Talk", {"video_name": write("talk.mkv")})
    assert [path.name for path in Path("sessions/Talk").glob("original_video.*")] == ["original_video.mkv"]


def test_what_is_not_there_is_not_promised(manager, caplog):
    assert manager.save_session("Talk", {"audio_paths": {"hi": "gone/hi.wav"}})
    assert "gone/hi.wav" in caplog.text
    assert manager.load_session("Talk")["audio_paths"] == {}
    assert manager.get_session_info("Talk")["has_audio"] is False


def test_what_the_original_copied_unasked_is_copied(manager):
    write("original_asr.json", b"[]")
    write("custom_voices/custom_hi_voice_01_demo.wav")
    write("final_mixed_videos/gemini_hi_deep_demo_mixed.mp4")
    assert manager.save_session("Talk", {"video_name": "talk.mp4"})
    assert {
        "transcriptions/original_asr.json",
        "custom_voices/custom_hi_voice_01_demo.wav",
        "mixed_videos/gemini_hi_deep_demo_mixed.mp4",
    } < contents(Path("sessions/Talk")).keys()


def test_a_session_that_the_original_wrote_loads(manager):
    # It wrote down where files came from, and copied them afterwards under the names that it gives them.
    home = Path("sessions/old_20250803_181102")
    for path in (
        "audio/hi_audio.wav",
        "final_videos/hi_final.mp4",
        "custom_voices/a.wav",
        "mixed_videos/m.mp4",
    ):
        write(str(home / path), path.encode())
    write("elsewhere/secret.wav", b"secret")
    document = {
        "session_name": "another_name",
        "audio_paths": {"hi": "temp_audio/hi_audio.wav", "es": "temp_audio/es_audio.wav"},
        "final_videos": {"hi": "sessions/another_name/final_videos/hi_final.mp4"},
        "custom_voices": ["custom_voices/a.wav", str(Path("elsewhere/secret.wav").resolve())],
        "mixed_videos": ["C:\\work\\final_mixed_videos\\m.mp4"],
        "transcription_text": "Text",
    }
    write(str(home / "metadata.json"), json.dumps(document).encode())
    loaded = manager.load_session(home.name)
    assert loaded["session_name"] == home.name
    assert loaded["audio_paths"] == {"hi": str(home / "audio/hi_audio.wav")}
    assert loaded["final_videos"] == {"hi": str(home / "final_videos/hi_final.mp4")}
    assert loaded["custom_voices"] == [str(home / "custom_voices/a.wav")], (
        "a path of the document's leads out"
    )
    assert loaded["mixed_videos"] == [str(home / "mixed_videos/m.mp4")]
    assert manager.get_session_info(home.name)["file_count"] == 5
    assert manager.get_all_sessions() == [home.name]
