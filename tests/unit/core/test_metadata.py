from __future__ import annotations

import io
import json
import os
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dubbing_core.categories import classify_path, detect_language
from dubbing_core.manifest import ManifestEntry
from dubbing_core.metadata import (
    MetadataError,
    build_document,
    check_document,
    parse_document,
    read_timestamps,
    relativize_paths,
    render_document,
)
from dubbing_core.texts import ExtractedTexts

NAME = "my_project_20250803_181102"
NOW = datetime(2025, 8, 3, 18, 11, 2, 123456, tzinfo=UTC)
TREE = [
    "original_video.mp4",
    "transcriptions/original_asr.json",
    "translations/translated.json",
    "voices/voice_assignments.json",
    "audio/es_audio.wav",
    "audio/hi_audio.wav",
    "custom_voices/custom_en_narration_02_demo.wav",
    "custom_voices/custom_hi_voice_01_demo.wav",
    "final_videos/es_final.mp4",
    "final_videos/hi_final.mp4",
    "mixed_videos/custom_en_narration_02_demo_mixed.mp4",
    "mixed_videos/gemini_hi_deep_demo_mixed.mp4",
]


def original_document(session_name=NAME):
    under = f"sessions/{session_name}"
    return {
        "session_name": session_name,
        "video_name": "my_presentation.mp4",
        "languages": ["hi", "en", "es"],
        "transcription_text": "Complete transcription text here...",
        "translations": {"hi": "हिंदी अनुवाद यहाँ...", "es": "Traducción en español aquí..."},
        "voices": {"hi": "gemini_hi_deep", "es": "edge_es_bright"},
        "audio_paths": {"hi": f"{under}/audio/hi_audio.wav", "es": f"{under}/audio/es_audio.wav"},
        "final_videos": {
            "hi": f"{under}/final_videos/hi_final.mp4",
            "es": f"{under}/final_videos/es_final.mp4",
        },
        "custom_voices": [
            f"{under}/custom_voices/custom_hi_voice_01_demo.wav",
            f"{under}/custom_voices/custom_en_narration_02_demo.wav",
        ],
        "mixed_videos": [
            f"{under}/mixed_videos/gemini_hi_deep_demo_mixed.mp4",
            f"{under}/mixed_videos/custom_en_narration_02_demo_mixed.mp4",
        ],
        "session_metadata": {
            "created_with_version": "1.0",
            "pipeline_stage": "completed",
            "total_files": len(TREE),
            "gpu": {"name": "none", "cores": [1, 2.5, None]},
        },
        "created_at": "2025-08-03T18:11:02.123456",
        "last_updated": "2025-08-03T18:15:30.654321",
        "last_accessed": "2025-08-03T18:20:45.987654",
        "mixing": {"background": 0.25, "ducking": True},
        "notes": "प्रेम 😀",
    }


def entry(path, languages=()):
    category = classify_path(path)
    language = detect_language(path, category, languages=languages)
    return ManifestEntry(path=path, sha256="0" * 64, size=1, crc32=0, category=category, language=language)


def built(base, *paths, texts=None, **changes):
    stamps = read_timestamps(base or {})
    arguments = {
        "entries": [entry(path, (base or {}).get("languages") or ()) for path in paths],
        "video_name": None,
        "texts": texts or ExtractedTexts(),
        "created_at": stamps.created_at or NOW,
        "last_updated": stamps.last_updated or NOW,
        "last_accessed": stamps.last_accessed or NOW,
    }
    return build_document(base, **{**arguments, **changes})


def test_a_zip_of_the_original_gives_the_same_document(tmp_path):
    session = tmp_path / "sessions" / NAME
    for path in TREE:
        (session / path).parent.mkdir(parents=True, exist_ok=True)
        (session / path).write_bytes(path.encode())
    with (session / "metadata.json").open("w", encoding="utf-8") as file:
        json.dump(original_document(), file, indent=2, ensure_ascii=False)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipf:
        for root, _dirs, files in os.walk(session):
            for file_name in files:
                file_path = os.path.join(root, file_name)  # noqa: PTH118 - as the original does
                zipf.write(file_path, os.path.relpath(file_path, session))

    with zipfile.ZipFile(archive) as zipf:
        source = zipf.read("metadata.json")
        paths = [name for name in zipf.namelist() if name != "metadata.json"]
    document = built(relativize_paths(parse_document(source)), *paths, keep_stage=True)

    assert render_document(document, session_name=NAME) == source
    assert document["session_name"] == ""
    assert document["audio_paths"]["hi"] == "audio/hi_audio.wav"
    again = built(
        relativize_paths(parse_document(render_document(document, session_name="Other name"))),
        *paths,
        keep_stage=True,
    )
    assert again == document


def test_rendering_under_another_name_changes_every_path():
    document = built(relativize_paths(original_document()), *TREE)

    rendered = render_document(document, session_name="Talk 2")
    written = json.loads(rendered)

    assert written["session_name"] == "Talk 2"
    assert written["audio_paths"]["hi"] == "sessions/Talk 2/audio/hi_audio.wav"
    assert written["mixed_videos"][0] == "sessions/Talk 2/mixed_videos/gemini_hi_deep_demo_mixed.mp4"
    assert NAME.encode() not in rendered
    assert rendered.startswith(b'{\n  "session_name": "Talk 2",\n')
    assert rendered.endswith('प्रेम 😀"\n}'.encode())


def test_a_document_without_paths_can_be_rendered():
    assert render_document({}, session_name="x") == b'{\n  "session_name": "x"\n}'


def test_keys_of_the_original_come_first_and_in_its_order():
    shuffled = dict(reversed(original_document().items()))
    shuffled["session_metadata"] = dict(reversed(shuffled["session_metadata"].items()))

    document = built(relativize_paths(shuffled), *TREE)

    assert list(document) == [*list(original_document())[:-2], "notes", "mixing"]
    assert list(document["session_metadata"]) == [
        "created_with_version",
        "pipeline_stage",
        "total_files",
        "gpu",
    ]


def test_a_project_without_metadata_gets_a_complete_document():
    document = built(None, "audio/hi_audio.wav", "final_videos/talk_hi.mp4", video_name="talk.mp4")

    assert document == {
        "session_name": "",
        "video_name": "talk.mp4",
        "languages": ["hi"],
        "transcription_text": "",
        "translations": {},
        "voices": {},
        "audio_paths": {"hi": "audio/hi_audio.wav"},
        "final_videos": {"hi": "final_videos/talk_hi.mp4"},
        "custom_voices": [],
        "mixed_videos": [],
        "session_metadata": {"created_with_version": "1.0", "pipeline_stage": "dubbed", "total_files": 2},
        "created_at": "2025-08-03T18:11:02.123456",
        "last_updated": "2025-08-03T18:11:02.123456",
        "last_accessed": "2025-08-03T18:11:02.123456",
    }


def test_paths_are_corrected_to_match_the_entries():
    document = built(
        relativize_paths(original_document()),
        "audio/es/001.wav",
        "audio/fr/001.wav",
        "audio/fr/002.wav",
        "audio/fr/fr_audio.wav",
        "audio/fr/a.json",
        "audio/hi_audio.wav",
        "custom_voices/custom_hi_voice_01_demo.wav",
        "custom_voices/another.wav",
        "final_videos/fr_final.srt",
    )

    assert document["audio_paths"] == {
        "hi": "audio/hi_audio.wav",
        "es": "audio/es/001.wav",
        "fr": "audio/fr/fr_audio.wav",
    }
    assert document["final_videos"] == {}
    assert document["custom_voices"] == [
        "custom_voices/custom_hi_voice_01_demo.wav",
        "custom_voices/another.wav",
    ]
    assert document["mixed_videos"] == []
    assert document["languages"] == ["hi", "en", "es", "fr"]
    assert document["session_metadata"]["total_files"] == 9


def test_texts_override_the_base_language_by_language():
    texts = ExtractedTexts(
        transcription_text="New", translations={"hi": "नया", "pt-BR": "Novo"}, voices={"hi": "v2"}
    )

    document = built(relativize_paths(original_document()), texts=texts)

    assert document["transcription_text"] == "New"
    assert document["translations"] == {"hi": "नया", "es": "Traducción en español aquí...", "pt-BR": "Novo"}
    assert document["voices"] == {"hi": "v2", "es": "edge_es_bright"}
    assert document["languages"] == ["hi", "en", "es", "pt-BR"]


def test_two_spellings_of_a_language_are_listed_once():
    document = built(
        {"languages": ["pt_BR", ""]}, "audio/pt-BR/1.wav", texts=ExtractedTexts(translations={"PT-br": "x"})
    )

    assert document["languages"] == ["pt_BR"]


def test_the_stage_is_computed_unless_it_is_preserved():
    base = {"session_metadata": {"pipeline_stage": "ducking", "created_with_version": "0.9"}}

    assert built(base, keep_stage=True)["session_metadata"]["pipeline_stage"] == "ducking"
    assert built(base)["session_metadata"] == {
        "created_with_version": "0.9",
        "pipeline_stage": "empty",
        "total_files": 0,
    }
    assert built(None, keep_stage=True)["session_metadata"]["pipeline_stage"] == "empty"
    assert built(None, *TREE)["session_metadata"]["pipeline_stage"] == "completed"


def test_null_values_are_treated_as_absent():
    document = built(
        relativize_paths(parse_document(json.dumps(dict.fromkeys(original_document())).encode()))
    )

    assert document["audio_paths"] == {}
    assert document["video_name"] == ""
    assert document["session_metadata"]["pipeline_stage"] == "empty"


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("sessions/my_project/audio/hi.wav", "audio/hi.wav"),
        ("./sessions/my project/audio/hi/001.wav", "audio/hi/001.wav"),
        ("/home/me/app/sessions/p/audio/hi.wav", "audio/hi.wav"),
        ("C:\\work\\sessions\\p\\audio\\hi.wav", "audio/hi.wav"),
        ("/data/audio/talk/audio/hi.wav", "audio/hi.wav"),
        ("sessions/audio/audio/hi.wav", "audio/hi.wav"),
        ("sessions/p/audio/voices/1.wav", "audio/voices/1.wav"),
        ("audio/voices/1.wav", "audio/voices/1.wav"),
        ("sessions/p/audio/cafe\u0301.wav", "audio/caf\u00e9.wav"),
        ("output/hi.wav", "output/hi.wav"),
        ("audio", "audio"),
        ("sessions/p/audio/../x.wav", "sessions/p/audio/../x.wav"),
        ("x/../audio/a.wav", "audio/a.wav"),
        ("../../talk/audio/a.wav", "audio/a.wav"),
        ("audio/../voices/a.wav", "audio/../voices/a.wav"),
    ],
)
def test_absolute_and_foreign_paths_become_session_paths(raw, path):
    document = relativize_paths({"audio_paths": {"hi": raw, "es": None}, "mixed_videos": [raw], "x": raw})

    assert document == {"audio_paths": {"hi": path}, "mixed_videos": [path], "x": raw}
    assert relativize_paths(document) == document


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "metadata_syntax"),
        (b"PK\x03\x04\xff", "metadata_encoding"),
        (b"[]", "metadata_not_object"),
        (b" " * (16 * 1024 * 1024 + 1), "metadata_too_large"),
        (b'{"a": NaN}', "metadata_number"),
        (b'{"a": 1, "a": 1}', "metadata_duplicate_key"),
        (b'{"a": "\\ud800"}', "metadata_characters"),
        (b'{"a":' * 100_000, "metadata_too_deep"),
    ],
)
def test_invalid_metadata_is_refused_with_a_code(data, code):
    with pytest.raises(MetadataError) as caught:
        parse_document(data)

    assert caught.value.code == code
    assert str(caught.value).startswith("metadata.json ")
    assert caught.value.key == ""


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"session_name": 5}, "session_name"),
        ({"video_name": []}, "video_name"),
        ({"languages": "hi"}, "languages"),
        ({"languages": [1]}, "languages"),
        ({"transcription_text": {}}, "transcription_text"),
        ({"translations": ["hi"]}, "translations"),
        ({"voices": "x"}, "voices"),
        ({"audio_paths": ["x"]}, "audio_paths"),
        ({"final_videos": {"hi": 5}}, "final_videos"),
        ({"custom_voices": {}}, "custom_voices"),
        ({"mixed_videos": [{}]}, "mixed_videos"),
        ({"session_metadata": "1.0"}, "session_metadata"),
        ({"session_metadata": {"pipeline_stage": 1}}, "session_metadata.pipeline_stage"),
        ({"created_at": 1754244662}, "created_at"),
    ],
)
def test_values_of_the_wrong_type_are_refused_with_the_key(document, key):
    with pytest.raises(MetadataError, match=f"“{key}”") as caught:
        check_document(document)

    assert (caught.value.code, caught.value.key) == ("metadata_type", key)


def test_values_that_json_cannot_express_are_refused():
    with pytest.raises(MetadataError) as caught:
        check_document({"x": float("nan")})

    assert caught.value.code == "metadata_number"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-08-03T18:11:02.123456", NOW),
        ("2025-08-03T20:11:02.123456+02:00", NOW),
        ("2025-08-03T18:11:02.123456Z", NOW),
        ("2025-08-03T18:11:02", NOW.replace(microsecond=0)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_timestamps_are_read_in_utc(text, moment):
    assert read_timestamps({"last_updated": text}).last_updated == moment
    assert read_timestamps({}).created_at is None


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2025-08-03T16:11:02.5", "2025-08-03T18:11:02.500000"),
        ("2024-10-27T00:30:00", "2024-10-27T02:30:00.000000"),
        ("2024-10-27T01:30:00", "2024-10-27T02:30:00.000000+01:00"),
        ("2025-03-30T01:00:00", "2025-03-30T03:00:00.000000"),
    ],
)
def test_local_timestamps_are_read_as_the_same_moment(moment, text):
    zone = ZoneInfo("Europe/Berlin")
    written = json.loads(render_document({"created_at": moment}, session_name="talk", zone=zone))

    assert written == {"session_name": "talk", "created_at": text}
    assert read_timestamps(written, zone=zone) == read_timestamps({"created_at": moment})


def test_timestamps_are_rendered_with_microseconds():
    india = timezone(timedelta(hours=5, minutes=30))

    document = built(
        None,
        created_at=NOW.replace(microsecond=0),
        last_updated=NOW.astimezone(india),
        last_accessed=NOW.replace(tzinfo=None),
    )

    assert document["created_at"] == "2025-08-03T18:11:02.000000"
    assert document["last_updated"] == document["last_accessed"] == "2025-08-03T18:11:02.123456"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(list(original_document())) | st.text()


@given(st.dictionaries(KEYS, JSON))
def test_accepted_documents_can_be_built_rendered_and_parsed_again(document):
    try:
        base = relativize_paths(check_document(document))
    except MetadataError:
        return
    result = built(base, *TREE, created_at=NOW, last_updated=NOW, last_accessed=NOW)

    again = relativize_paths(parse_document(render_document(result, session_name=NAME)))

    assert built(again, *TREE, created_at=NOW, last_updated=NOW, last_accessed=NOW) == result
    assert [key for key in again if key in document and key not in original_document()] == [
        key for key in document if key not in original_document()
    ]
