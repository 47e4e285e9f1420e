"""Record of the demo session, which is created once per DATA_DIR."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

from django.conf import settings


def _get_file() -> Path:
    file: Path = settings.DATA_DIR / "demo.json"
    return file


def is_due() -> bool:
    return not _read().get("made", False)


def get_unfinished_session() -> UUID | None:
    """Return the code of the session of an earlier, unfinished attempt."""
    code = _read().get("session")
    return UUID(str(code)) if code and is_due() else None


def record_start(session: UUID) -> None:
    _write({"made": False, "session": str(session)})


def record_completion(session: UUID) -> None:
    _write({"made": True, "session": str(session)})


def _read() -> dict[str, object]:
    try:
        value = json.loads(_get_file().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _write(value: dict[str, object]) -> None:
    draft = _get_file().with_suffix(".draft")
    draft.write_text(json.dumps(value), encoding="utf-8")
    draft.replace(_get_file())
