"""The original session manager's documented usage, line by line.

Its integration tests come first, then the three days of its example.

It is run as a program in an empty folder, and prints the lines of the original's documentation. The environment decides where
sessions are stored: DUBS_URL and DUBS_TOKEN, or neither.
"""

from __future__ import annotations

# ruff: noqa: T201 (the output is compared with the documentation)
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

from dubbing_client import ProjectSessionManager, collect_session_data


def write(path: str, content: bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)


def write_json(path: str, value: object) -> None:
    write(path, json.dumps(value, ensure_ascii=False).encode())


def sound(seed: str) -> bytes:
    return b"RIFF" + seed.encode() * 500


def session_manager() -> None:
    print("🧪 Testing Session Manager")
    manager = ProjectSessionManager()
    print("✅ ProjectSessionManager initialized")
    name = manager.generate_auto_session_name("test_video.mp4")
    assert re.fullmatch(r"test_video_\d{8}_\d{6}", name)
    print("✅ Auto name generated:", name)
    structure = Path(manager.create_session_structure("test_session"))
    folders = [
        "transcriptions",
        "translations",
        "voices",
        "audio",
        "final_videos",
        "custom_voices",
        "mixed_videos",
    ]
    assert all((structure / folder).is_dir() for folder in folders)
    print("✅ Session structure created")
    write("temp_audio/hi_audio.wav", sound("hi"))
    data = {
        "video_name": "test_video.mp4",
        "languages": ["hi", "en", "es"],
        "transcription_text": "Test transcription",
        "translations": {"hi": "परीक्षण", "es": "prueba"},
        "voices": {"hi": "gemini_hi_deep", "es": "edge_es_bright"},
        "audio_paths": {"hi": "temp_audio/hi_audio.wav", "es": "temp_audio/es_audio.wav"},
    }
    print("✅ Session save test:", manager.save_session("test_session", data))
    assert manager.save_session("another_project", data) is True
    print("✅ Found", len(manager.get_all_sessions()), "sessions")
    check_loaded_session(manager, data)
    assert manager.delete_session("test_session")
    assert manager.delete_session("another_project")


def check_loaded_session(manager: ProjectSessionManager, data: dict[str, Any]) -> None:
    loaded = manager.load_session("test_session")
    print("✅ Session load test:", loaded is not None)
    assert loaded is not None
    assert {
        key: loaded[key]
        for key in ("video_name", "languages", "transcription_text", "translations", "voices")
    } == {
        key: data[key] for key in ("video_name", "languages", "transcription_text", "translations", "voices")
    }
    # The Spanish file did not exist when the session was saved.
    assert list(loaded["audio_paths"]) == ["hi"]
    assert Path(loaded["audio_paths"]["hi"]).read_bytes() == sound("hi")
    info = manager.get_session_info("test_session")
    print("✅ Session info test:", info is not None)
    assert info is not None
    assert list(info) == [
        *("session_name", "video_name", "languages", "created_at", "last_updated", "has_transcription"),
        *("has_translations", "has_audio", "has_videos", "voice_assignments", "file_count"),
    ]
    assert (info["session_name"], info["video_name"], info["languages"]) == (
        "test_session",
        "test_video.mp4",
        ["hi", "en", "es"],
    )
    assert info["voice_assignments"] == {"hi": "gemini_hi_deep", "es": "edge_es_bright"}
    assert (info["has_transcription"], info["has_translations"]) == (True, True)
    assert (info["has_audio"], info["has_videos"]) == (True, False)
    assert info["file_count"] == manager.count_session_files(f"{manager.sessions_dir}/test_session")


def session_functions() -> None:
    print("🧪 Testing Session Functions")
    manager = ProjectSessionManager()
    print("✅ Auto name generation working" * bool(manager.generate_auto_session_name()))
    write("dubbed_videos/hi_final.mp4", b"dummy video content")
    data = {
        "video_name": "test_video.mp4",
        "languages": ["hi", "en", "es"],
        "transcription_text": "Test transcription",
        "audio_paths": {"hi": "temp_audio/hi_audio.wav"},
        "final_videos": {"hi": "dubbed_videos/hi_final.mp4"},
    }
    print("✅ Save session function working" * manager.save_session("function_test", data))
    print("✅ Load session function working" * (manager.load_session("function_test") is not None))
    print("✅ Session info function working" * (manager.get_session_info("function_test") is not None))
    print("✅ Export session function working" * manager.export_session("function_test", "test_export.zip"))
    assert manager.delete_session("function_test")
    Path("test_export.zip").unlink()


def session_workflow() -> None:
    print("🧪 Testing Session Workflow")
    manager = ProjectSessionManager()
    data = {
        "video_name": "workflow_video.mp4",
        "languages": ["hi", "en", "es"],
        "transcription_text": "This is a workflow test transcription.",
        "translations": {"hi": "यह एक परीक्षण है।", "es": "Esta es una prueba."},
        "voices": {"hi": "gemini_hi_deep", "es": "edge_es_bright"},
        "audio_paths": {"hi": "temp_audio/hi_audio.wav"},
        "final_videos": {"hi": "dubbed_videos/hi_final.mp4"},
    }
    assert manager.save_session("workflow_test", data) is True
    assert "workflow_test" in manager.get_all_sessions()
    loaded = manager.load_session("workflow_test")
    assert loaded is not None
    print("✅ Complete workflow tested")
    assert (loaded["video_name"], loaded["languages"]) == (data["video_name"], data["languages"])
    assert loaded["translations"] == data["translations"]
    print("✅ Data integrity verified")
    assert manager.export_session("workflow_test", "workflow_test_export.zip") is True
    assert manager.delete_session("workflow_test") is True
    assert "workflow_test" not in manager.get_all_sessions()
    assert manager.import_session("workflow_test_export.zip", "workflow_test_imported") is True
    again = manager.load_session("workflow_test_imported")
    assert again is not None
    assert again["translations"] == data["translations"]
    assert Path(again["final_videos"]["hi"]).read_bytes() == b"dummy video content"
    print("✅ Export/import cycle working")
    assert manager.delete_session("workflow_test_imported") is True
    assert manager.load_session("workflow_test_imported") is None
    assert manager.get_session_info("workflow_test_imported") is None
    assert manager.delete_session("workflow_test_imported") is False
    print("✅ Session management operations working")


def three_days() -> None:
    print("📅 Day 1")
    Path("project").mkdir()
    os.chdir("project")
    write("company_presentation.mp4", b"video" * 1000)
    write_json("original_asr.json", [{"start": 0.0, "end": 2.5, "text": "Welcome."}, {"text": "Our year."}])
    write_json("translated.json", {"hi": "स्वागत है।", "es": "Bienvenidos."})
    manager = ProjectSessionManager()
    data = collect_session_data()
    assert (data["video_name"], data["languages"]) == ("company_presentation.mp4", ["hi", "es"])
    assert data["transcription_text"] == "Welcome. Our year."
    name = manager.generate_auto_session_name(data["video_name"])
    assert re.fullmatch(r"company_presentation_\d{8}_\d{6}", name)
    print("Save session:", manager.save_session(name, data))

    print("📅 Day 2")
    manager = ProjectSessionManager()
    first = manager.load_session(name)
    print("Load session:", first is not None)
    assert first is not None
    assert first["translations"] == {"hi": "स्वागत है।", "es": "Bienvenidos."}
    for language in ("hi", "es"):
        write(f"temp_audio/{language}_audio.wav", sound(language))
        write(f"dubbed_videos/{language}_final.mp4", language.encode() * 1000)
    data = collect_session_data()
    data["voices"] = {"hi": "gemini_hi_deep", "es": "edge_es_bright"}
    print("Save updated session:", manager.save_session(name, data))
    info = manager.get_session_info(name)
    assert info is not None
    assert info["created_at"] == first["created_at"]
    assert info["last_updated"] > first["last_updated"]

    print("📅 Day 3")
    manager = ProjectSessionManager()
    second = manager.load_session(name)
    print("Load session again:", second is not None)
    assert second is not None
    assert Path(second["final_videos"]["es"]).read_bytes() == b"es" * 1000
    assert Path(second["original_video_path"]).read_bytes() == b"video" * 1000
    write("custom_voices/custom_hi_voice_01_demo.wav", sound("voice"))
    write("final_mixed_videos/gemini_hi_deep_demo_mixed.mp4", b"mixed" * 1000)
    print("Save custom voices and mixed videos:", manager.save_session(name, collect_session_data()))
    check_export(manager, name)


def check_export(manager: ProjectSessionManager, name: str) -> None:
    exported = f"{name}_export.zip"
    print("Export final session as ZIP:", manager.export_session(name, exported))
    with zipfile.ZipFile(exported) as archive:
        assert archive.testzip() is None
        assert {
            "metadata.json",
            "original_video.mp4",
            "transcriptions/original_asr.json",
            "translations/translated.json",
            "voices/voice_assignments.json",
            "audio/hi_audio.wav",
            "audio/es_audio.wav",
            "custom_voices/custom_hi_voice_01_demo.wav",
            "final_videos/hi_final.mp4",
            "final_videos/es_final.mp4",
            "mixed_videos/gemini_hi_deep_demo_mixed.mp4",
        } <= set(archive.namelist())
        document = json.loads(archive.read("metadata.json"))
    assert document["session_name"] == name
    assert document["audio_paths"]["hi"] == f"sessions/{name}/audio/hi_audio.wav"
    assert document["mixed_videos"] == [f"sessions/{name}/mixed_videos/gemini_hi_deep_demo_mixed.mp4"]
    assert document["session_metadata"]["pipeline_stage"] == "completed"
    assert document["voices"] == {"hi": "gemini_hi_deep", "es": "edge_es_bright"}


if __name__ == "__main__":
    session_manager()
    session_functions()
    session_workflow()
    three_days()
