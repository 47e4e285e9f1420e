"""compose.yaml against the documented settings and the image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dubbing_sessions.scheduler import ALIVE_FILE as SCHEDULER_FILE
from sessions_app.operations.jobs.worker_heartbeat import ALIVE_FILE as WORKER_FILE

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OF_THE_PORTAL = [name for name, service in SERVICES.items() if "build" in service]
FIXED = {"DATA_DIR", "HOST", "PORT", "STATIC_ROOT"}
"""Settings with one right value inside the image: its volume, its address and its static files."""


def documented_settings() -> set[str]:
    """Return the variables in the first column of the README's table."""
    table = re.findall(r"^\| (`.*?) \|", README.split("\n## Settings\n")[1].split("\n## ")[0], re.MULTILINE)
    return {name for cell in table for name in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize("name", OF_THE_PORTAL)
def test_each_container_of_the_portal_gets_every_documented_setting(name: str):
    environment = SERVICES[name]["environment"]

    assert len(documented_settings()) > 40
    assert sorted(environment) == sorted(documented_settings() - FIXED)


def test_settings_are_passed_on_without_defaults_of_their_own():
    """Except for what differs in containers; a default would hide the portal's and the file of NAME_FILE."""
    environment = SERVICES["web"]["environment"]

    assert {name for name, value in environment.items() if value is not None} == {
        "BEHIND_PROXY",
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "SITE_URL",
    }
    assert "${PORT:-8000}:8000" in SERVICES["web"]["ports"][0]


@pytest.mark.parametrize("name", [name for name in SERVICES if SERVICES[name]["restart"] != "no"])
def test_each_service_that_keeps_running_has_a_health_check(name: str):
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("worker", WORKER_FILE),
        ("media", WORKER_FILE),
        ("proxies", WORKER_FILE),
        ("scheduler", SCHEDULER_FILE),
    ],
)
def test_health_checks_look_at_the_files_that_heartbeats_touch(name: str, file: Path):
    assert f"find /tmp/{file.name} " in SERVICES[name]["healthcheck"]["test"][1]


def test_images_have_exact_versions():
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert len(images) == 4
    assert [
        image
        for image in images
        if not re.search(r":\d+\.\d+(\.\d+)?(-slim)?(@sha256:[0-9a-f]{64})?$", image)
    ] == []


def test_images_are_pinned_by_version_and_digest():
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images += [service["image"] for name, service in SERVICES.items() if name not in OF_THE_PORTAL]

    assert len(images) == 4
    for image in images:
        assert re.fullmatch(r"[\w/]+:\d+\.\d+(\.\d+)?(-slim)?@sha256:[0-9a-f]{64}", image), image
