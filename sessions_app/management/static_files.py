"""Static files: collected into STATIC_ROOT when they have changed."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from sessions_app.management.catalogs import compile_catalogs
from sessions_app.management.errors import Error
from sessions_app.management.locks import wait_for_lock


def collect_static_files(*, print_line: Callable[[str], None]) -> bool:
    """Collect the static files if any has changed; return whether one had.

    Concurrent calls wait for each other.

    :raises Error: the front end is not built.
    """
    if not (settings.BASE_DIR / "static" / "dist").is_dir():
        raise Error(
            "The front end is not built. Run `make frontend`, then try again.", code="frontend_missing"
        )
    stamp = settings.STATIC_ROOT / ".collected"
    with wait_for_lock(settings.STATIC_ROOT / ".collecting"):
        # Another process would list the files that this one replaces.
        compile_catalogs()
        fingerprint = _fingerprint()
        if stamp.is_file() and stamp.read_text(encoding="ascii") == fingerprint:
            return False
        print_line("Collecting static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(fingerprint, encoding="ascii")
    return True


def _fingerprint() -> str:
    lines = [settings.VERSION, django.__version__]
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            lines.append(f"{path} {stat.st_size} {stat.st_mtime_ns}")
    return sha256("\n".join(lines).encode()).hexdigest()
