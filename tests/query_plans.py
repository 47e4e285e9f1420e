"""Query plans: which tables a piece of code reads in full.

Statements are explained with their bound parameters: SQLite uses no partial index whose condition compares with a bound value. PostgreSQL
reads the small tables of tests in full because that is faster; it is told to do so only where no index serves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

TABLE_SCAN = re.compile(
    r"SCAN (?P<sqlite>\w+)(?! USING| VIRTUAL)\b|Seq Scan on (?P<postgresql>\w+)(?: (?P<alias>\w+))?"
)
SORT = re.compile(r"USE TEMP B-TREE FOR ORDER BY|Sort Key")


@dataclass(frozen=True)
class Statement:
    sql: str
    plan: str

    @property
    def scanned(self) -> set[str]:
        """Tables, by name or alias, that the statement reads in full."""
        return {match["sqlite"] or match["postgresql"] for match in TABLE_SCAN.finditer(self.plan)}

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
        return "\n\n".join(f"{statement.sql}\n{statement.plan}" for statement in self.statements)


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
    plans.statements = [Statement(sql, explain(sql, params)) for sql, params in recorded]


def explain(sql: str, params: Any) -> str:
    """Return the plan of a statement as the database describes it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            return "\n".join(row[3] for row in cursor.fetchall())
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        try:
            cursor.execute(f"EXPLAIN {sql}", params)
            return "\n".join(row[0] for row in cursor.fetchall())
        finally:
            cursor.execute("RESET enable_seqscan")
