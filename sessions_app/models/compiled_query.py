"""Queries that are compiled once per process: only their values change.

Building and compiling a queryset takes five times as long as SQLite takes to execute it. The decorated function returns the queryset; it is
called with stand-ins for its arguments, and afterwards only the arguments' own values are passed to the database:

    @compiled
    def _find_jobs(session: Row, since: datetime) -> QuerySet[Job]:
        return Job.objects.filter(session_id=session.pk, created_at__gt=since)

A stand-in has the type of its argument and can only be handed on to the queryset. Arguments are numbers, codes, times, texts, lists of
them, conditions in SQL, and rows, of which only the primary key exists. Others (None, booleans, tuples of texts) choose the statement: each
of their values has a statement of its own, so they must be few.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import update_wrapper
from types import SimpleNamespace
from typing import Any, Generic, ParamSpec, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.functional import SimpleLazyObject

from sessions_app.models.prepared_statements import PreparingConnection, can_prepare, write_constants

P = ParamSpec("P")
Result = TypeVar("Result")
Adapt = Callable[[Any], Any]
FIRST_NUMBER = 1_900_000_000
"""Within the range of all number columns, and no constant of a query."""
LAST_NUMBER = 2**63 - 1
OUT_OF_RANGE = "out of range"
"""A number that no column can have: Django does not ask the database for it."""
FIRST_TIME = datetime(1931, 1, 1, tzinfo=UTC)


class StatementError(Exception):
    """The values of a query are not passed to the database as they are."""


@dataclass(frozen=True)
class RowKey:
    """Stand-in for a row: only its primary key may be used."""

    pk: int


@dataclass(frozen=True)
class Slot:
    """A place in the statement's parameters for a value of the arguments."""

    place: int
    """In the values of all arguments."""
    adapt: Adapt | None
    is_condition: bool = False
    """Whether the value is SQL, whose own parameters belong here."""


@dataclass(frozen=True)
class Statement:
    """A compiled query; `sql` is None if it has no results, whatever the values are."""

    queryset: QuerySet[Any, Any]
    compiler: Any
    sql: str | None
    parameters: tuple[Any, ...]
    """Constants, and a `Slot` for each value."""
    is_prepared: bool = False
    """Whether the database keeps the statement's plan."""

    def fetch(self, values: Sequence[Any]) -> list[Any]:
        if self.sql is None:
            return []
        compiler = copy(self.compiler)
        compiler.connection = (
            PreparingConnection(DEFAULT_DB_ALIAS) if self.is_prepared else connections[DEFAULT_DB_ALIAS]
        )
        bound = self._bind(values)
        compiler.as_sql = lambda *_, **__: bound
        queryset: Any = self.queryset
        shown = SimpleNamespace(
            db=DEFAULT_DB_ALIAS,
            model=queryset.model,
            query=_BoundQuery(queryset.query, compiler),
            _fields=queryset._fields,
            _known_related_objects={},
        )
        return list(queryset._iterable_class(shown))  # noqa: SLF001 (Django's way from rows to models and tuples)

    def _bind(self, values: Sequence[Any]) -> tuple[str | None, tuple[Any, ...]]:
        """Return the statement and its parameters."""
        sql, bound = self.sql, []
        for each in self.parameters:
            if not isinstance(each, Slot):
                bound.append(each)
            elif each.is_condition:
                assert sql is not None
                sql = sql.replace(_mark(each.place), values[each.place].sql)
                bound += values[each.place].params
            else:
                value = values[each.place]
                bound.append(each.adapt(value) if each.adapt else value)
        return sql, tuple(bound)


class _BoundQuery:
    """A query as Django's iterables use it, with a compiler that need not compile."""

    def __init__(self, query: Any, compiler: Any) -> None:
        self._query = query
        self._compiler = compiler

    def get_compiler(self, *_: Any, **__: Any) -> Any:
        return self._compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)


class CompiledQuery(Generic[P, Result]):
    """A function that returns the results of the queryset that another one builds."""

    def __init__(self, build: Callable[P, QuerySet[Any, Result]], *, is_prepared: bool = True) -> None:
        self._build = build
        self._is_prepared = is_prepared
        self._statements: dict[tuple[Any, ...], Statement] = {}
        update_wrapper(self, build)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[Result]:
        values: list[Any] = []
        shape = tuple(_describe(each, values) for each in (*args, *kwargs.values()))
        if OUT_OF_RANGE in shape:
            return list(self._build(*args, **kwargs))
        key = (connections[DEFAULT_DB_ALIAS].vendor, len(args), *kwargs, *shape)
        statement = self._statements.get(key)
        if statement is None:
            statement = self._statements[key] = self._compile(shape, len(args), tuple(kwargs))
        return statement.fetch(values)

    def queryset(self, *args: P.args, **kwargs: P.kwargs) -> QuerySet[Any, Result]:
        """Return the queryset of these arguments, as it is written."""
        return self._build(*args, **kwargs)

    def _compile(self, shape: tuple[Any, ...], count: int, names: tuple[str, ...]) -> Statement:
        """Compile the query with stand-ins; find out where in its parameters they are.

        This is done twice with different ones: what else differs is made of them in a way that would be wrong for other values.
        """
        first, second = (
            _compile_once(self._build, shape, count, names, turn) for turn in (0, len(shape) + 100)
        )
        if first.sql is None:
            return first
        if first.sql != second.sql or len(first.parameters) != len(second.parameters):
            raise StatementError(f"The statement of {self} depends on its values.")
        for one, other in zip(first.parameters, second.parameters, strict=True):
            if isinstance(one, Slot) != isinstance(other, Slot) or (
                one.place != other.place if isinstance(one, Slot) else one != other
            ):
                raise StatementError(f"{self} changes a value before it is compared: {one!r}.")
        return _prepare(first) if self._is_prepared else first

    def __repr__(self) -> str:
        return f"{self._build.__module__}.{self._build.__qualname__}"


def _prepare(statement: Statement) -> Statement:
    """Return the statement as the database is to prepare it, if it can.

    Conditions make another text of it each time.
    """
    slots = [each for each in statement.parameters if isinstance(each, Slot)]
    if any(slot.is_condition for slot in slots) or not can_prepare(connections[DEFAULT_DB_ALIAS]):
        return statement
    assert statement.sql is not None
    sql, parameters = write_constants(
        statement.sql, statement.parameters, lambda parameter: isinstance(parameter, Slot)
    )
    return replace(statement, sql=sql, parameters=tuple(parameters), is_prepared=True)


def compiled(build: Callable[P, QuerySet[Any, Result]]) -> CompiledQuery[P, Result]:
    """Return a function that returns the results of the queryset."""
    return CompiledQuery(build)


def compiled_unprepared(build: Callable[P, QuerySet[Any, Result]]) -> CompiledQuery[P, Result]:
    """Return the same for a query that PostgreSQL plans for its values each time.

    One plan for all sessions suits those of a few dozen files, and takes a hundred times as long for 50,000.
    """
    return CompiledQuery(build, is_prepared=False)


def _describe(argument: Any, values: list[Any]) -> Any:
    """Return what selects the statement; add what is passed to the database."""
    kind = type(argument)
    if kind is int and abs(argument) > LAST_NUMBER:
        return OUT_OF_RANGE
    if kind in {int, UUID, datetime, str, RawSQL}:
        values.append(argument)
        return kind
    if isinstance(argument, Model | SimpleLazyObject | RowKey):
        if argument.pk is None:
            raise StatementError(f"{argument!r} is not stored.")
        values.append(argument.pk)
        return RowKey
    if kind is list:
        return _describe_list(argument, values)
    return ("constant", argument)


def _describe_list(items: list[Any], values: list[Any]) -> tuple[type, int]:
    """Fill a list up to a power of two with its last item: few statements serve all."""
    if not items:
        return (int, 0)
    size = 1 << (len(items) - 1).bit_length()
    values += items
    values += items[-1:] * (size - len(items))
    return (type(items[0]), size)


def _compile_once(
    build: Callable[..., QuerySet[Any, Any]],
    shape: tuple[Any, ...],
    count: int,
    names: tuple[str, ...],
    turn: int,
) -> Statement:
    values = _stand_ins(turn)
    arguments: list[Any] = []
    passed: list[Any] = []
    for kind in shape:
        argument: Any = None
        match kind:
            case ("constant", constant):
                argument = constant
            case (item, size):
                argument = [next(values)[item] for _ in range(size)]
                passed += argument
            case _:
                argument = next(values)[kind]
                passed.append(argument.pk if kind is RowKey else argument)
        arguments.append(argument)
    queryset = build(*arguments[:count], **dict(zip(names, arguments[count:], strict=True)))
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return Statement(queryset, compiler, None, ())
    _prepare_rows(compiler)
    places = _find_places(passed)
    found = [_find_slot(places, each) for each in parameters]
    sql = _mark_conditions(sql, found, passed)
    unused = set(range(len(passed))) - {each.place for each in found if isinstance(each, Slot)}
    if unused:
        raise StatementError(f"{build.__qualname__} does not pass its values on: {unused}.")
    return Statement(queryset, compiler, sql, tuple(found))


def _mark_conditions(sql: str, parameters: list[Any], passed: Sequence[Any]) -> str:
    """Mark where conditions belong; add their slots to the parameters."""
    conditions = {
        sql.find(value.sql): place for place, value in enumerate(passed) if isinstance(value, RawSQL)
    }
    for position, place in sorted(
        conditions.items(), reverse=True
    ):  # from the end: those before keep their places
        if position < 0 or sql.count(passed[place].sql) != 1:
            raise StatementError(f"A condition does not occur once in {sql}.")
        before = sql[:position].replace("%%", "").count("%s")
        parameters.insert(before, Slot(place, None, is_condition=True))
        sql = sql.replace(passed[place].sql, _mark(place))
    return sql


def _mark(place: int) -> str:
    return f"the condition {place}"


def _find_places(passed: Sequence[Any]) -> dict[tuple[type, Any], Slot]:
    """Return the slots by type and value of what a database may get for them."""
    ops = connections[DEFAULT_DB_ALIAS].ops
    places: dict[tuple[type, Any], Slot] = {}
    for place, value in enumerate(passed):
        if isinstance(value, RawSQL):
            continue
        adapt: Adapt | None = None
        if isinstance(value, datetime):
            adapt = ops.adapt_datetimefield_value
        elif isinstance(value, UUID):
            adapt = _hex
        if adapt is not None:
            adapted = adapt(value)
            places[type(adapted), adapted] = Slot(place, adapt)
        places[type(value), value] = Slot(place, None)
    return places


def _find_slot(places: Mapping[tuple[type, Any], Slot], parameter: Any) -> Any:
    """Return the slot of a parameter, or the parameter itself if it is a constant."""
    kind = type(parameter)
    # PostgreSQL's numbers have the types of their columns.
    if isinstance(parameter, int) and kind not in {int, bool}:
        slot = places.get((int, int(parameter)))
        return parameter if slot is None else replace(slot, adapt=kind)
    return places.get((kind, parameter), parameter) if isinstance(parameter, Hashable) else parameter


def _prepare_rows(compiler: Any) -> None:
    """Look up once how values of rows are converted.

    The connection of the converters is one that is never opened: others end with their threads.
    """
    fields = [column[0] for column in compiler.select[: compiler.col_count]]
    compiler.connection = connections.create_connection(DEFAULT_DB_ALIAS)
    converters = compiler.get_converters(fields)
    has_composite_fields = compiler.has_composite_fields(fields)
    compiler.get_converters = lambda _: converters
    compiler.has_composite_fields = lambda _: has_composite_fields


def _hex(code: UUID) -> str:
    return code.hex


def _stand_ins(turn: int) -> Iterator[dict[Any, Any]]:
    """Yield values that are different from all others, by type."""
    number = FIRST_NUMBER + turn
    while True:
        yield {
            int: number,
            RowKey: RowKey(number),
            UUID: UUID(int=number << 64),
            datetime: FIRST_TIME + timedelta(seconds=number - FIRST_NUMBER, microseconds=7),
            str: f"stand-in {number}",
            RawSQL: RawSQL(f"stand-in {number} in SQL", (), output_field=BooleanField()),  # noqa: S611 (a constant)
        }
        number += 1
