"""Included by the worker, so that its embedded clock ends with it. Celery ties the processes for jobs to it by itself."""

from __future__ import annotations

from typing import Any

from celery.platforms import set_pdeathsig  # type: ignore[attr-defined]  # celery-types lacks it
from celery.signals import beat_embedded_init


@beat_embedded_init.connect
def end_with_the_worker(**_: Any) -> None:
    set_pdeathsig("SIGKILL")
