"""Parent-death signal of the worker's embedded scheduler.

Celery sets one for its job processes, but not for the scheduler.
"""

from __future__ import annotations

from typing import Any

from celery.platforms import set_pdeathsig  # type: ignore[attr-defined]  # missing in celery-types
from celery.signals import beat_embedded_init


@beat_embedded_init.connect
def set_parent_death_signal(**_: Any) -> None:
    set_pdeathsig("SIGKILL")
