"""Reference of the API: operations and types of its document, for the page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from typing import Any

Schema = Mapping[str, Any]

TYPES = "#/components/schemas/"
METHODS = ("get", "post", "put", "patch", "delete")
MAX_DEPTH = 4
"""Of objects in an example."""
LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} entries",
    "pattern": "pattern {}",
}
"""English, as the descriptions of the API."""
EXAMPLES: dict[str, Any] = {
    "integer": 0,
    "number": 0,
    "boolean": False,
    "array": [],
    "object": {},
    "null": None,
}


@dataclass(frozen=True, kw_only=True)
class TypePart:
    """A part of a type's description."""

    text: str
    name: str = ""
    """The type that it names; "" if it is only text."""


TypeText = tuple[TypePart, ...]


@dataclass(frozen=True, kw_only=True)
class Field:
    """A parameter, or a property of a type."""

    name: str
    type: TypeText
    is_required: bool
    limits: str = ""
    default: str = ""
    """As JSON; "" without one."""
    description: str = ""
    place: str = ""
    """Of a parameter: path, query or header."""
    choices: tuple[str, ...] = ()
    """Of a parameter."""
    is_list: bool = False


@dataclass(frozen=True, kw_only=True)
class Content:
    """A kind of body."""

    media_type: str
    type: TypeText
    example: str = ""
    """As JSON; "" for bytes."""

    @property
    def is_json(self) -> bool:
        return self.media_type == "application/json"


@dataclass(frozen=True, kw_only=True)
class Response:
    status: int
    description: str
    contents: tuple[Content, ...]

    @property
    def is_error(self) -> bool:
        return self.status >= HTTPStatus.BAD_REQUEST


@dataclass(frozen=True, kw_only=True)
class Operation:
    name: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: Content | None
    responses: tuple[Response, ...]

    @property
    def successes(self) -> list[Response]:
        return [response for response in self.responses if not response.is_error]

    @property
    def errors(self) -> list[Response]:
        return [response for response in self.responses if response.is_error]


@dataclass(frozen=True, kw_only=True)
class Group:
    """The operations of a use case."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, kw_only=True)
class ObjectType:
    """A type of the document: an object with fields, or a text with these values."""

    name: str
    description: str
    fields: tuple[Field, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Reference:
    groups: tuple[Group, ...]
    types: tuple[ObjectType, ...]


def build_reference(document: Schema) -> Reference:
    """Return operations by use case, and types by name, of an OpenAPI document."""
    types: Mapping[str, Schema] = document["components"]["schemas"]
    operations = [
        (operation["tags"][0], _build_operation(method.upper(), path, operation, types))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    order = list(dict.fromkeys(tag for tag, _ in operations))
    operations.sort(key=lambda each: order.index(each[0]))
    return Reference(
        groups=tuple(
            Group(name=tag.replace("_", " ").capitalize(), operations=tuple(each for _, each in found))
            for tag, found in groupby(operations, key=lambda each: each[0])
        ),
        types=tuple(_build_type(name, types[name]) for name in sorted(types)),
    )


def _build_operation(method: str, path: str, operation: Schema, types: Mapping[str, Schema]) -> Operation:
    body = operation.get("requestBody", {}).get("content", {})
    return Operation(
        name=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=tuple(_build_parameter(each, types) for each in operation["parameters"]),
        body=next(iter(_build_contents(body, types)), None),
        responses=tuple(
            Response(
                status=int(status),
                description=response.get("description", ""),
                contents=tuple(_build_contents(response.get("content", {}), types)),
            )
            for status, response in operation["responses"].items()
        ),
    )


def _build_contents(contents: Mapping[str, Schema], types: Mapping[str, Schema]) -> Iterator[Content]:
    for media_type, content in contents.items():
        schema = content.get("schema", {})
        yield Content(
            media_type=media_type,
            type=describe_type(schema),
            example=json.dumps(build_example(schema, types), indent=2)
            if media_type == "application/json"
            else "",
        )


def _build_parameter(parameter: Schema, types: Mapping[str, Schema]) -> Field:
    schema = parameter["schema"]
    description = parameter.get("description") or schema.get("description", "")
    resolved = _resolve(schema, types)
    return Field(
        name=parameter["name"],
        type=describe_type(schema),
        is_required=parameter.get("required", False),
        limits=describe_limits(schema),
        default=_show_default(schema),
        description=description,
        place=parameter["in"],
        choices=tuple(map(str, resolved.get("enum", ()))),
        is_list=resolved.get("type") == "array",
    )


def _build_type(name: str, schema: Schema) -> ObjectType:
    required = schema.get("required", ())
    return ObjectType(
        name=name,
        description=schema.get("description", ""),
        fields=tuple(
            Field(
                name=field,
                type=describe_type(value),
                is_required=field in required,
                limits=describe_limits(value),
                default=_show_default(value),
                description=value.get("description", ""),
            )
            for field, value in schema.get("properties", {}).items()
        ),
        values=tuple(map(str, schema.get("enum", ()))),
    )


def _show_default(schema: Schema) -> str:
    return "" if schema.get("default") in (None, "", []) else json.dumps(schema["default"])


def _resolve(schema: Schema, types: Mapping[str, Schema]) -> Schema:
    """Return the schema behind a reference or the only alternative to null."""
    choices = schema.get("allOf") or schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return _resolve(choices[0], types)
    name = schema.get("$ref", "").removeprefix(TYPES)
    return _resolve(types[name], types) if name else schema


def describe_type(schema: Schema) -> TypeText:
    """Return what values of a schema are, in words with the names of types."""
    if name := schema.get("$ref", "").removeprefix(TYPES):
        return (TypePart(text=name, name=name),)
    if choices := schema.get("allOf") or schema.get("anyOf") or schema.get("oneOf"):
        return _join(choices, " or ")
    if "const" in schema or "enum" in schema:
        values = schema.get("enum") or [schema["const"]]
        return (TypePart(text=" or ".join(map(json.dumps, values))),)
    match schema.get("type", "any value"), schema.get("additionalProperties"):
        case "array", _:
            items = schema.get("prefixItems") or [schema.get("items", {})]
            return (TypePart(text="list of "), *_join(items, ", "))
        case "object", Mapping() as values if values:
            return (TypePart(text="object of "), *describe_type(values))
        case kind, _:
            form = schema.get("format")
            return (TypePart(text=f"{kind} ({form})" if form else kind),)


def _join(schemas: Sequence[Schema], separator: str) -> TypeText:
    first, *others = schemas
    parts = describe_type(first)
    for schema in others:
        parts = (*parts, TypePart(text=separator), *describe_type(schema))
    return parts


def describe_limits(schema: Schema) -> str:
    """Return the limits of values, in words."""
    choices: Sequence[Schema] = schema.get("anyOf", ())
    inner = next((each for each in choices if each.get("type") != "null"), {})
    found = {**inner, **schema}
    return ", ".join(text.format(found[key]) for key, text in LIMITS.items() if key in found)


def build_example(schema: Schema, types: Mapping[str, Schema], depth: int = 0) -> Any:
    """Return a value of a schema.

    Objects have their required fields, or all if none is required.
    """
    found = _resolve(schema, types)
    if "default" in schema or "default" in found:
        return schema.get("default", found.get("default"))
    if "const" in found or "enum" in found:
        return found["const"] if "const" in found else found["enum"][0]
    kind = found.get("type")
    if kind == "array" and found.get("minItems") and depth < MAX_DEPTH:
        return [build_example(found.get("items", {}), types, depth + 1)]
    if kind == "object" and depth < MAX_DEPTH:
        fields = found.get("properties", {})
        names = found.get("required") or fields
        return {name: build_example(fields[name], types, depth + 1) for name in names}
    return EXAMPLES.get(str(kind), "")
