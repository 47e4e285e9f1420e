"""The cleanup job."""

from __future__ import annotations

from dubbing_core.sentences import sentence
from sessions_app.access import Action, can_clean_up
from sessions_app.models import Blob, Job
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.registry import handles


@handles(Job.Kind.CLEANUP, Action.MANAGE)
def perform_cleanup(context: JobContext) -> None:
    """Collect garbage, or count it in a dry run; the report is the job's result."""
    if not can_clean_up(context.job.owner, Blob):
        raise NotAllowedError(sentence("You may not clean up any more. Ask your operator."), code="forbidden")
    dry_run = bool(context.job.params.get("dry_run"))
    report = collect_garbage(now=context.clock(), dry_run=dry_run, check=context.check)
    with context.finish() as result:
        result.update(report.as_dict())
