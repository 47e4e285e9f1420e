"""Query plans: which tables a piece of code reads in full.

Statements are explained with their bound parameters: SQLite uses no partial index whose condition compares with a bound value. PostgreSQL
reads and sorts the small tables of tests because that is faster; here it does so only where no index serves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

SQLITE_SCAN = re.compile(r"SCAN (?P<table>\w+)(?: USING (?:COVERING )?INDEX (?P<index>\w+))?(?! VIRTUAL)\b")
POSTGRESQL_SCAN = re.compile(r"Seq Scan on (?P<table>\w+)")
SORT = re.compile(r"USE TEMP B-TREE FOR ORDER BY|Sort Key")


@dataclass(frozen=True)
class Statement:
    sql: str
    plan: str
    partial_indexes: frozenset[str]
    """Indexes of some rows, which may be read from end to end."""

    @property
    def scanned(self) -> set[str]:
        """Tables, by name or alias, that the statement reads in full: not the first rows of a table in the order of its key."""
        outer = re.sub(r"^SELECT COUNT\(\*\) FROM \((.*)\) subquery$", r"\1", self.sql)
        while outer != (shorter := re.sub(r"\([^()]*\)", "", outer)):
            outer = shorter
        if " LIMIT " in outer and " WHERE " not in outer and not self.has_sort:
            return set()
        scans = [*SQLITE_SCAN.finditer(self.plan), *POSTGRESQL_SCAN.finditer(self.plan)]
        return {scan["table"] for scan in scans if scan.groupdict().get("index") not in self.partial_indexes}

    @property
    def has_sort(self) -> bool:
        return SORT.search(self.plan) is not None


@dataclass
class QueryPlans:
    statements: list[Statement] = field(default_factory=list)

    @property
    def scanned(self) -> set[str]:
        """Tables that a statement read in full; those of our own app without its prefix."""
        return {
            table.removeprefix("sessions_app_")
            for statement in self.statements
            for table in statement.scanned
        }

    def describe(self) -> str:
        """Return the statements that read a table in full or sort, with their plans."""
        suspects = [statement for statement in self.statements if statement.scanned or statement.has_sort]
        return "\n\n".join(f"{statement.sql}\n{statement.plan}" for statement in suspects)


@contextmanager
def record_plans() -> Iterator[QueryPlans]:
    """Record the plans of all statements in the block; they are complete after it."""
    recorded: list[tuple[str, Any]] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 (signature of Django)
        if not many and sql.lstrip("( ").upper().startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            recorded.append((sql, params))
        return execute(sql, params, many, context)

    plans = QueryPlans()
    with connection.execute_wrapper(record):
        yield plans
    partial_indexes = get_partial_indexes()
    plans.statements = [Statement(sql, explain(sql, params), partial_indexes) for sql, params in recorded]


def explain(sql: str, params: Any) -> str:
    """Return the plan of a statement as the database describes it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            return "\n".join(row[3] for row in cursor.fetchall())
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
        try:
            cursor.execute(f"EXPLAIN {sql}", params)
            return "\n".join(row[0] for row in cursor.fetchall())
        finally:
            cursor.execute("RESET enable_seqscan; RESET enable_sort")


def get_partial_indexes() -> frozenset[str]:
    """Return the names of SQLite's partial indexes; plans of PostgreSQL name a full read by itself."""
    if connection.vendor != "sqlite":
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%%WHERE%%'", [])
        return frozenset(row[0] for row in cursor.fetchall())
