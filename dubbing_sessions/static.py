from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

BROTLI_FAST_FROM = 100 * 1024
"""Bytes from which Brotli does not do its utmost: for the last tenth it takes seconds, of every start that finds new files."""


class Compressing(Compressor):  # type: ignore[misc]  # whitenoise ships no types
    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        import brotli  # noqa: PLC0415 (not everywhere: without it whitenoise makes do with gzip)

        compressed: bytes = brotli.compress(data, quality=11 if len(data) < BROTLI_FAST_FROM else 5)
        return compressed


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """Files whose names change with their content, the modules that scripts import included: an upgrade shows at once."""

    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Compressor:
        return Compressing(**options)


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
