"""The OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from sessions_app.api.problems import CONTENT_TYPE


class OpenAPIDocument(OpenAPISchema):
    """OpenAPI document with problem details and HEAD requests.

    Ninja wraps the type of each response in a model of its own, and describes each of those. Most operations have the
    same errors: a type is described once, in a tenth of the time.
    """

    def __init__(self, api: NinjaAPI, path_prefix: str) -> None:
        self._described: dict[tuple[Any, ...], tuple[dict[str, Any], bool]] = {}
        super().__init__(api, path_prefix)
        for methods in self["paths"].values():
            for method, operation in list(methods.items()):
                operation["responses"] = {
                    str(status): _as_problem(response) if int(status) >= HTTPStatus.BAD_REQUEST else response
                    for status, response in operation["responses"].items()
                }
                if method == "head":
                    methods[method] = {**operation, "operationId": f"{operation['operationId']}_head"}

    def _create_schema_from_model(
        self, model: Any, *args: Any, **options: Any
    ) -> tuple[dict[str, Any], bool]:
        fields = model.model_fields
        if options.get("mode") != "serialization" or fields.keys() != {"response"}:
            return super()._create_schema_from_model(model, *args, **options)
        key = fields["response"].annotation, args, *sorted(options.items())
        if key not in self._described:
            self._described[key] = super()._create_schema_from_model(model, *args, **options)
        return self._described[key]

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        """Add the schemas of types by name.

        :raises ValueError: if two types have the same name.
        """
        if conflicts := {
            name for name in definitions.keys() & self.schemas if definitions[name] != self.schemas[name]
        }:
            raise ValueError(f"Several types of the API have the same name: {', '.join(sorted(conflicts))}.")
        super().add_schema_definitions(definitions)


def _as_problem(response: dict[str, Any]) -> dict[str, Any]:
    content = response.get("content", {})
    return (
        {**response, "content": {CONTENT_TYPE: content["application/json"]}}
        if "application/json" in content
        else response
    )
