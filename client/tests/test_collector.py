from __future__ import annotations

import json
from pathlib import Path

import pytest

from dubbing_client import collect_session_data


def write(path: Path, content: bytes = b"content") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_an_empty_folder_gives_empty_values(tmp_path):
    data = collect_session_data(tmp_path)
    assert data["session_metadata"] == {
        "created_with_version": "1.0",
        "pipeline_stage": "unknown",
        "total_files": 0,
    }
    keys = "video_name languages transcription_text translations voices audio_paths final_videos custom_voices mixed_videos"
    assert not any(data[key] for key in keys.split())


def test_a_pipelines_folder_is_read_as_by_the_original(tmp_path):
    write(tmp_path / "talk.mp4")
    write(tmp_path / "talk_final.mp4")
    write(
        tmp_path / "original_asr.json",
        json.dumps({"segments": [{"text": " Hello "}, {"text": "you"}]}).encode(),
    )
    write(tmp_path / "translated.json", json.dumps({"hi": "नमस्ते", "es": [{"text": "Hola"}]}).encode())
    write(tmp_path / "temp_audio/hi_audio.wav", b"draft")
    hindi = write(tmp_path / "final_audio/hi_audio.wav")
    spanish = write(tmp_path / "temp_audio/talk_es.mp3")
    write(tmp_path / "temp_audio/chunk_001.wav")
    final = write(tmp_path / "dubbed_videos/hi_final.mp4")
    mixed = write(tmp_path / "final_mixed_videos/gemini_hi_deep_demo_mixed.mp4")
    voice = write(tmp_path / "custom_voices/custom_hi_voice_01_demo.wav")
    data = collect_session_data(tmp_path)
    assert (data["video_name"], data["original_video_path"]) == ("talk.mp4", str(tmp_path / "talk.mp4"))
    assert data["transcription_text"] == "Hello you"
    assert data["translations"] == {"hi": "नमस्ते", "es": "Hola"}
    assert data["languages"] == ["hi", "es"]
    assert data["audio_paths"] == {"es": str(spanish), "hi": str(hindi)}
    assert data["final_videos"] == {"hi": str(final)}
    assert data["mixed_videos"] == [str(mixed)]
    assert data["custom_voices"] == [str(voice)]
    assert data["transcription_files"] == [str(tmp_path / "original_asr.json")]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"7", b"[" * 100_000])
def test_damaged_files_are_ignored(tmp_path, content):
    write(tmp_path / "original_asr.json", content)
    write(tmp_path / "translated.json", content)
    data = collect_session_data(tmp_path)
    assert (data["transcription_text"], data["translations"]) == ("", {})


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("hi_audio.wav", "hi"),
        ("talk_es.mp3", "es"),
        ("pt-BR_audio.wav", "pt-BR"),
        ("x_fr_y.wav", "fr"),
        ("my_audio.wav", ""),
        ("chunk_001.wav", ""),
    ],
)
def test_the_language_is_found_in_a_file_name(tmp_path, name, language):
    write(tmp_path / "translated.json", b'{"fr": "Bonjour"}')
    path = write(tmp_path / "audio" / name)
    assert collect_session_data(tmp_path)["audio_paths"] == ({language: str(path)} if language else {})


def test_a_produced_video_is_not_the_source(tmp_path):
    write(tmp_path / "talk_dubbed_hi.mp4")
    assert collect_session_data(tmp_path)["video_name"] == ""
    write(tmp_path / "talk.mp4")
    assert collect_session_data(tmp_path)["video_name"] == "talk.mp4"
    write(tmp_path / "another talk.mp4")
    assert collect_session_data(tmp_path)["video_name"] == "talk.mp4"  # from which the dubbed one derives
    (tmp_path / "talk_dubbed_hi.mp4").unlink()
    assert collect_session_data(tmp_path)["video_name"] == ""
