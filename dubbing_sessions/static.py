from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """Files whose names change with their content, the modules that scripts import included: an upgrade shows at once."""

    support_js_module_import_aggregation = True


class SwaggerFiles(BaseFinder):
    """What the API's page loads, out of django-ninja's package: an app's whole folder would be 8 MB, most of it never asked for."""

    prefix = "swagger"
    names = ("swagger-ui-bundle.js", "swagger-ui.css", "swagger-ui.css.map")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        package = find_spec("ninja")
        assert package is not None
        assert package.origin is not None
        self.storage = FileSystemStorage(Path(package.origin).parent / "static" / "ninja")
        self.storage.prefix = self.prefix  # type: ignore[attr-defined]  # as Django's own finders tell collectstatic

    def check(self, **kwargs: Any) -> list[Any]:  # noqa: ARG002 (as Django calls it)
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:  # noqa: ARG002, FBT001, FBT002 (likewise)
        folder, _, name = path.partition("/")
        if folder != self.prefix or name not in self.names:
            return []
        found = self.storage.path(name)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:  # noqa: ARG002 (likewise)
        return ((name, self.storage) for name in self.names)
