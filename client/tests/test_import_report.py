from __future__ import annotations

from dubbing_client.cli.import_report import list_imported, list_preview

SESSION = {"name": "talk_2", "requested_name": "talk", "files": 2, "total_size": 2048, "version": 3}
REST = {
    "failed": [{"folder": "broken/", "code": "zip_crc", "message": "“a.wav” is damaged."}],
    "failed_count": 1,
    "warnings": [{"folder": "talk/", "messages": ["metadata.json is UTF-16 text."]}],
    "left_out": ["README.txt"],
    "left_out_count": 22,
}


def test_what_came_in_and_what_did_not_is_reported():
    assert list_imported({**REST, "sessions": [SESSION]}) == [
        "Imported “talk_2”, because there is already a session “talk”: 2 files, 2.0 KiB in 3 versions.",
        "  “broken/” cannot be imported: “a.wav” is damaged.",
        "  “talk/”: metadata.json is UTF-16 text.",
        "  Left out: 22 files",
        "    README.txt",
        "    and 21 more files",
    ]


def test_a_single_session_is_the_result_itself():
    assert list_imported({**SESSION, "requested_name": "talk_2", "version": 1}) == [
        "Imported “talk_2”: 2 files, 2.0 KiB."
    ]


def test_a_preview_lists_sessions_readings_and_missing_files():
    preview = {
        "reading": "cp866",
        "readings": [
            {"reading": "cp437", "label": "Western", "names": ["«.srt"] * 20, "name_count": 30},
            {"reading": "cp866", "label": "Cyrillic", "names": ["Л.srt"], "name_count": 1},
        ],
        "sessions": [
            {
                "name": "talk",
                "renamed": False,
                "languages": ["hi"],
                "version_count": 1,
                "files": 1,
                "size": 5,
                "categories": [{"label": "Audio", "files": 1, "size": 5}],
                "missing": ["audio/es.wav"],
                "missing_count": 1,
            }
        ],
        "session_count": 2,
        "other_folders": [{"folder": "sessions/broken/", "files": 2, "size": 7}],
        "ignored": [".DS_Store"],
        "ignored_count": 1,
        "left_out": ["README.txt"],
        "left_out_count": 1,
    }

    assert list_preview(preview) == [
        "  The names in the ZIP are not UTF-8 with “/” between folders. They can be read as:",
        "    --reading cp866: Cyrillic (used below)",
        "      Л.srt",
        "    --reading cp437: Western",
        "      «.srt",
        "      «.srt",
        "      «.srt",
        "      and 27 more files",
        "  “talk”: 1 file, 5 B, in hi",
        "    Audio: 1 file, 5 B",
        "    metadata.json names 1 file that the ZIP lacks:",
        "      audio/es.wav",
        "    and 1 more sessions",
        "  Not a session: sessions/broken/ (2 files, 7 B). Import it with --only.",
        "  Left out: 2 files",
        "    README.txt",
        "    .DS_Store",
    ]
