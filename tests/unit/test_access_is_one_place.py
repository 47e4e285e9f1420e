"""Only `sessions_app/access.py` decides on access: no other module filters or compares owners for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "sessions_app"
OWNERS = ("owner", "created_by")
QUERY_METHODS = {"aexclude", "afilter", "aget", "exclude", "filter", "get", "get_object_or_404", "Q", "When"}

ACCOUNTING = {
    "admin/exports.py:find": "operators search all exports, also by owner",
    "admin/jobs.py:find": "operators search all jobs, also by owner",
    "admin/sessions.py:find": "operators search all sessions, also by owner",
    "operations/cleanup/consistency/check.py:_check_totals": "the totals of each owner",
    "operations/exports/request.py:request_export": "an export job that the same user has queued already is reused",
    "operations/exports/request.py:retry_export": "an export job that the same user has queued already is reused",
    "operations/idempotency.py:run_once": "keys are unique per user",
    "operations/marks/filters.py:save_filter": "names are unique per owner",
    "operations/marks/tags.py:_check_limits": "limit per owner",
    "operations/marks/tags.py:_lock_tags": "names are unique per owner",
    "operations/search.py:index_owner_again": "an operator changed the owner's names",
    "operations/sessions/names.py:find_free_session_name": "names are unique per owner",
    "operations/sessions/names.py:check_name": "names are unique per owner",
    "operations/uploads/resume.py:find_resumable_uploads": "a client resumes its own uploads",
    "queries/quotas.py:get_usage": "quotas count what a user owns",
    "models/token.py:active": "tokens of inactive users do not authenticate",
    "queries/sessions.py:filter_sessions": "a user chose one of the visible owners",
    "views/session_detail.py:_name_owner": "the page names an owner who is another user",
}
"""Functions that filter by owner for another reason than access."""


def is_owner_lookup(name: str) -> bool:
    """Return whether a lookup such as `version__session__owner_id__in` names an owner."""
    return any(part.removesuffix("_id") in OWNERS for part in name.split("__"))


def violations(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="visible_to")):
                yield node
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), keywords=keywords):
                if name in QUERY_METHODS and any(word.arg and is_owner_lookup(word.arg) for word in keywords):
                    yield node
            case ast.Compare(left=left, comparators=comparators):
                for side in (left, *comparators):
                    for part in ast.walk(side):
                        if isinstance(part, ast.Attribute) and part.attr.removesuffix("_id") in OWNERS:
                            yield node
            case _:
                pass


def found_in(path: Path) -> Iterator[str]:
    """Yield `module:function` of each violation."""
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in violations(tree):
        line: int = node.lineno  # type: ignore[attr-defined]  # calls and comparisons have one
        inside = [function for function in functions if function.lineno <= line <= (function.end_lineno or 0)]
        name = max(inside, key=lambda function: function.lineno).name if inside else ""
        yield f"{path.relative_to(APP).as_posix()}:{name}"


FOUND = {
    place
    for path in APP.rglob("*.py")
    if "migrations" not in path.parts and path != APP / "access.py"
    for place in found_in(path)
}


def test_no_module_but_access_decides_by_owner():
    assert FOUND - set(ACCOUNTING) == set()


def test_each_exception_still_exists():
    assert set(ACCOUNTING) - FOUND == set()


@pytest.mark.parametrize(
    "code",
    [
        "Job.objects.visible_to(user)",
        "Job.objects.filter(owner=user)",
        "Version.objects.exclude(session__owner_id=1)",
        "Q(version__session__owner__in=users)",
        "get_object_or_404(Share, created_by=user)",
        "job.owner == user",
        "user.pk != session.owner_id",
        "share.export.owner.pk in users",
    ],
)
def test_violations_are_found(code: str):
    assert list(violations(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "visible_to(user, Job.objects.all())",
        "Job.objects.create(owner=user)",
        "request_export(version=version, owner=user)",
        "link(job.owner)",
    ],
)
def test_creating_and_showing_is_no_violation(code: str):
    assert not list(violations(ast.parse(code)))
