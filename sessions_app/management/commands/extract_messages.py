from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sessions_app.management.catalogs import ROOT, SOURCES, list_languages, update_catalog


class Command(BaseCommand):
    help = "Extract the strings of the sources into the catalogs of all languages (docs/translations.md)."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        folders = [source.folder for source in SOURCES]
        parser.add_argument(
            "folders", nargs="*", metavar="FOLDER", help=f"Of {', '.join(folders)}; default: all."
        )

    def handle(self, *_: Any, folders: list[str], **__: Any) -> None:
        for source in SOURCES:
            if folders and source.folder not in folders:
                continue
            for language in list_languages():
                catalog = update_catalog(source, language)
                missing = sum(1 for message in catalog if message.id and not is_translated(message.string))
                path = source.path(language).relative_to(ROOT)
                self.stdout.write(f"{path}: {len(catalog)} strings, {missing} without a translation")


def is_translated(translation: Any) -> bool:
    return all(translation) if isinstance(translation, tuple) else bool(translation)
