"""Requests for a garbage collection by an operator."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from sessions_app.models import Job
from sessions_app.operations.jobs.create import create_job


def request_cleanup(*, owner: AbstractBaseUser, dry_run: bool, now: datetime) -> Job:
    """Queue a garbage collection, or return the unfinished one."""
    unfinished = Job.objects.unfinished().filter(kind=Job.Kind.CLEANUP).first()
    return unfinished or create_job(kind=Job.Kind.CLEANUP, owner=owner, params={"dry_run": dry_run}, now=now)
