from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """Files whose names change with their content, the modules that scripts import included: an upgrade shows at once."""

    support_js_module_import_aggregation = True
