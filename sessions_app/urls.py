"""URLs of the portal's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from sessions_app.views import (
    comparisons,
    corrections,
    exports,
    imports,
    jobs,
    languages,
    marks,
    media,
    player,
    restores,
    saved_filters,
    saves,
    search,
    session_batch,
    session_detail,
    session_files,
    session_list,
    session_rename,
    shares,
    storage,
    styleguide,
    tokens,
    transcripts,
    trash,
    updates,
    versions,
)

# /sessions/<code>/versions/<number>/
version_urls = [
    path("", session_detail.detail, name="version-detail"),
    path("restore/", restores.restore, name="version-restore"),
    path("restore/part/", restores.choose, name="version-restore-part"),
    path("changes/", versions.changes, name="version-changes"),
    path("export/", versions.export, name="version-export"),
    path("export/new/", exports.new, name="export-new"),
    path("archive.zip", versions.archive, name="version-archive"),
    path("metadata.json", versions.document, name="version-document"),
    path("listing/", session_files.part, name="version-listing"),
    path("files/<path:path>", versions.file, name="version-file"),
    path("player/lines.json", player.lines, name="version-player-lines"),
    path("media/", media.version, name="version-media"),
    path("transcript/", transcripts.page, name="version-transcript"),
    path("transcript/<str:name>", transcripts.download, name="version-track"),
]

# /sessions/<code>/
session_urls: list[URLPattern | URLResolver] = [
    path("", session_detail.detail, name="session-detail"),
    path("save/", saves.new, name="session-save"),
    path("checks/", corrections.checks, name="session-checks"),
    path("labels/", corrections.labels, name="session-labels"),
    path("languages/", corrections.languages, name="session-languages"),
    path("voices/", corrections.voices, name="session-voices"),
    path("name/", session_rename.form, name="session-name"),
    path("star/", marks.star, name="session-star"),
    path("tags/", marks.tags, name="session-tags"),
    path("rename/", session_rename.rename, name="session-rename"),
    path("trash/", trash.trash, name="session-trash"),
    path("untrash/", trash.untrash, name="session-untrash"),
    path("media/<str:sha256>/<str:name>", media.derivative, name="session-media"),
    path("transcript/", transcripts.current, name="session-transcript"),
    path("compare/", comparisons.detail, name="session-compare"),
    path("compare/pictures/", player.pictures, name="session-compare-pictures"),
    path("compare/lines/", comparisons.lines, name="session-compare-lines"),
    path("versions/", session_detail.versions, name="version-list"),
    path("versions/<int:number>/", include(version_urls)),
]

# /sessions/
sessions_urls: list[URLPattern | URLResolver] = [
    path("", session_list.index, name="session-list"),
    path("new/", session_list.new, name="session-new"),
    path("create/", session_list.create, name="session-create"),
    path("batch/", session_batch.batch, name="session-batch"),
    path("archives/<uuid:code>/", session_batch.archive, name="session-archive"),
    path("filters/", saved_filters.create, name="filter-create"),
    path("filters/<uuid:code>/delete/", saved_filters.delete, name="filter-delete"),
    path("tags/", saved_filters.tags, name="tag-list"),
    path("tags/<uuid:code>/", saved_filters.change_tag, name="tag-change"),
    path("trash/", trash.index, name="session-trash-list"),
    path("trash/undo/", session_batch.undo_trash, name="session-trash-undo"),
    path("trash/batch/", trash.batch, name="session-trash-batch"),
    path("trash/empty/", trash.empty, name="session-trash-empty"),
    path("<uuid:code>/", include(session_urls)),
]

# /imports/
imports_urls = [
    path("", imports.new, name="import-new"),
]

# /jobs/
jobs_urls = [
    path("", jobs.index, name="job-list"),
    path("<uuid:code>/", jobs.detail, name="job-detail"),
    path("<uuid:code>/progress/", jobs.progress, name="job-progress"),
    path("<uuid:code>/cancel/", jobs.cancel, name="job-cancel"),
    path("<uuid:code>/retry/", jobs.retry, name="job-retry"),
    path("<uuid:code>/save-on-top/", saves.save_on_top, name="job-save-on-top"),
    path("<uuid:code>/import/", imports.create_from_preview, name="job-import"),
]

# /exports/<code>/
exports_urls = [
    path("<uuid:code>/", exports.detail, name="export-detail"),
    path("<uuid:code>/download/", exports.download, name="export-download"),
    path("<uuid:code>/share/", exports.share, name="export-share"),
]

# /shares/<code>/
shares_urls = [path("<uuid:code>/revoke/", shares.revoke, name="share-revoke")]

# /search/
search_urls = [
    path("", search.results, name="search"),
    path("suggestions/", search.suggestions, name="search-suggestions"),
    path("sessions/<uuid:code>/", search.lines, name="search-lines"),
    path("sessions/<uuid:code>/line/", search.line, name="search-line"),
]

# /account/tokens/
tokens_urls = [
    path("", tokens.page, name="token-list"),
    path("create/", tokens.create, name="token-create"),
    path("<uuid:code>/revoke/", tokens.revoke, name="token-revoke"),
]

# /account/storage/
storage_urls = [
    path("", storage.page, name="storage"),
    path("uploads/discard/", storage.discard_all, name="storage-discard-all"),
    path("uploads/<uuid:code>/discard/", storage.discard, name="storage-discard"),
]

# /s/<token>/
token_urls = [
    path("", shares.page, name="share-page"),
    path("download/", shares.download, name="share-download"),
    path("copy/", shares.copy, name="share-copy"),
    path("listing/", shares.files, name="share-listing"),
    path("player/lines.json", shares.player_lines, name="share-player-lines"),
    path("media/", media.shared, name="share-media"),
    path("media/<str:sha256>/<str:name>", media.shared_derivative, name="share-media-file"),
    path("files/<path:path>", media.shared_file, name="share-file"),
    path("transcript/", transcripts.shared_page, name="share-transcript"),
    path("transcript/<str:name>", transcripts.shared_download, name="share-track"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="session-list"), name="home"),
    path("sessions/", include(sessions_urls)),
    path("imports/", include(imports_urls)),
    path("jobs/", include(jobs_urls)),
    path("exports/", include(exports_urls)),
    path("shares/", include(shares_urls)),
    path("language/", languages.choose, name="language"),
    path("updates/", updates.updates, name="updates"),
    path("search/", include(search_urls)),
    path("account/tokens/", include(tokens_urls)),
    path("account/storage/", include(storage_urls)),
    path("s/<str:token>/", include(token_urls)),
    path("styleguide/", styleguide.page, name="styleguide"),
]
