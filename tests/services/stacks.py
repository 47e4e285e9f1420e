"""The portal's two stacks. Tests that touch database, storage or broker run on both.

``embedded``: SQLite in WAL mode, files on disk, Valkey on a Unix socket. ``team``: PostgreSQL, S3, Valkey on a port.
Settings come from the environment, so a process has one stack: the one that DUBBING_TEST_STACK names.
"""

from __future__ import annotations

import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from tests.services.folders import in_memory, temporary_folder
from tests.services.migrated_databases import NAME, get_postgres_cluster, get_sqlite_file
from tests.services.postgres import Postgres, running_postgres
from tests.services.processes import ROOT
from tests.services.s3 import S3Server, external_s3
from tests.services.seaweedfs import running_seaweedfs
from tests.services.valkey import running_valkey

VARIABLE = "DUBBING_TEST_STACK"
SETTINGS = re.findall(
    r'env_\w+\(\s*"(\w+)"', (ROOT / "dubbing_sessions" / "settings.py").read_text(encoding="utf-8")
)
"""Settings that a developer's own environment may contain."""


class Stack(ABC):
    name: str
    environment: Mapping[str, str]
    """Settings that make a process use the stack."""

    @abstractmethod
    def fresh(self, *, migrated: bool = False) -> AbstractContextManager[dict[str, str]]:
        """Yield the environment of an empty portal in other processes: database, storage, queue.

        ``embedded`` has no broker: the portal starts one, as `manage.py run` does.

        :param migrated: copy a migrated database, which takes 4 s of CPU less than to migrate an empty one.
        """


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    settings = {"PORT", *SETTINGS, *(f"{name}_FILE" for name in SETTINGS)}
    return {name: value for name, value in environment.items() if name not in settings}


class Embedded(Stack):
    name = "embedded"

    def __init__(self, data_dir: Path) -> None:
        self.environment = {"DATA_DIR": str(data_dir)}

    @contextmanager
    def fresh(self, *, migrated: bool = False) -> Iterator[dict[str, str]]:
        with temporary_folder("portal") as folder:
            if migrated:
                shutil.copy(self.migrated_file, folder)
            yield {**without_settings(os.environ), "DATA_DIR": str(folder)}

    @cached_property
    def migrated_file(self) -> Path:
        """The file of a migrated database, to be copied."""
        return get_sqlite_file(without_settings(os.environ))


class Team(Stack):
    name = "team"

    def __init__(self, data_dir: Path, postgres: Postgres, s3: S3Server, services: ExitStack) -> None:
        self._services = services
        self.postgres = postgres
        self.s3 = s3
        self.shared = {"SECRET_KEY": "only-for-tests-" * 4, **s3.environment()}
        self.environment = {
            **self.shared,
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": services.enter_context(postgres.database()),
            "REDIS_URL": services.enter_context(running_valkey()).url,
            "S3_PREFIX": f"in-process-{data_dir.name}",
        }

    @contextmanager
    def fresh(self, *, migrated: bool = False) -> Iterator[dict[str, str]]:
        with (
            temporary_folder("portal") as folder,
            self.postgres.database(template=NAME if migrated else None) as database,
            running_valkey() as broker,
        ):
            yield {
                **without_settings(os.environ),
                **self.shared,
                "DATA_DIR": str(folder),
                "DATABASE_URL": database,
                "REDIS_URL": broker.url,
                "S3_PREFIX": folder.name,
            }


def start(services: ExitStack) -> Stack:
    """Start the stack that the environment names; set its settings before Django reads them."""
    name = os.environ.setdefault(VARIABLE, "embedded")
    # In memory: each commit and each stored file would wait for the disk.
    data_dir = services.enter_context(temporary_folder(name, parent=in_memory()))
    stack: Stack
    if name == "embedded":
        stack = Embedded(data_dir)
    elif name == "team":
        cluster = get_postgres_cluster(without_settings(os.environ))
        databases = services.enter_context(temporary_folder("cluster", parent=in_memory()))
        postgres = services.enter_context(running_postgres(data=databases / "data", template=cluster))
        s3 = external_s3() or services.enter_context(running_seaweedfs())
        stack = Team(data_dir, postgres, s3, services)
    else:
        raise ValueError(f"{VARIABLE} must be embedded or team, not {name!r}.")
    environment = {**without_settings(os.environ), **stack.environment}
    os.environ.clear()
    os.environ.update(environment)
    return stack
