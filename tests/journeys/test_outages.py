"""Database and broker become unavailable below a running portal. No response is 500, and what exits is restarted by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import cast
from uuid import uuid4

import pytest
import requests

from tests.journeys.portal import Portal
from tests.journeys.visitor import Visitor
from tests.services.stacks import Stack, Team
from tests.services.waits import LIMIT

pytestmark = pytest.mark.slow

PAGES = ("/sessions/", "/sessions/new/", "/jobs/", "/account/tokens/", "/s/unknown/", "/admin/")
ENDPOINTS = ("/api/v1/me", "/api/v1/sessions", "/api/v1/jobs")


def get(portal: Portal, path: str, *, token: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(portal.address + path, headers=headers, timeout=LIMIT)


def assert_unavailable(response: requests.Response, *, sentence: str) -> None:
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE, response.text
    assert int(response.headers["Retry-After"]) > 0
    assert sentence in response.text


def request_import(portal: Portal) -> str:
    job: str = portal.call("request_import", name=f"talk-{uuid4().hex[:8]}", big=100_000, small=3)
    return job


@pytest.mark.accident
@pytest.mark.team
def test_a_database_that_crashes_and_comes_back(portal: Portal, stack: Stack):
    database = cast(Team, stack).postgres
    alice = Visitor(portal.address)
    alice.sign_in("alice", portal.password)
    token = portal.call("create_access_token", owner="alice")
    assert get(portal, "/readyz").json() == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
        "media": "no worker",
    }
    worker = portal.worker.process.pid

    database.crash()
    try:
        # At once: each waits 10 s for a connection.
        with ThreadPoolExecutor(len(PAGES) + len(ENDPOINTS) + 1) as threads:
            ready = threads.submit(get, portal, "/readyz")
            pages = threads.map(lambda path: alice.get(path, status=503), PAGES)
            responses = threads.map(lambda path: get(portal, path, token=token), ENDPOINTS)
        for response in pages:
            assert_unavailable(response, sentence="The database is unavailable.")
        for response in responses:
            assert_unavailable(response, sentence="The database is unavailable.")
            assert response.json()["code"] == "database"
        assert ready.result().status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert get(portal, "/healthz").status_code == HTTPStatus.OK
    finally:
        database.start()
        portal.call("reconnect")

    for path in PAGES[:4]:
        alice.get(path)
    # The crash may have lost the first: the tests' PostgreSQL does not wait for the disk.
    token = portal.call("create_access_token", owner="alice")
    assert get(portal, "/api/v1/me", token=token).status_code == HTTPStatus.OK
    row = portal.end_of(request_import(portal))
    assert row["state"] == "succeeded"
    assert portal.worker.process.pid == worker


@pytest.mark.either_stack
def test_a_broker_that_stops_and_comes_back(portal: Portal, stack: Stack):
    alice = Visitor(portal.address)
    alice.sign_in("alice", portal.password)
    token = portal.call("create_access_token", owner="alice")
    _ = portal.worker

    portal.broker.stop()
    for path in ENDPOINTS:
        assert get(portal, path, token=token).status_code == HTTPStatus.OK
    for path in PAGES[:4]:
        alice.get(path)
    Visitor(portal.address).sign_in("bob", portal.password)
    job = request_import(portal)
    assert get(portal, "/readyz").json() == {
        "status": "degraded",
        "database": "ok",
        "broker": "unavailable",
        "media": "no worker",
    }
    portal.broker.start()

    # Celery may exit: kombu fails to return a message that it had received to a broker that is unavailable.
    assert portal.end_of(job, supervised=True)["state"] == "succeeded"


@pytest.mark.either_stack
def test_a_page_shows_that_no_worker_runs(portal: Portal):
    alice = Visitor(portal.address)
    alice.sign_in("alice", portal.password)
    _ = portal.worker
    sentence = "No worker is running"
    portal.wait_for(lambda: portal.call("count_workers") == 1, condition="the worker is recorded")

    portal.stop_worker()
    job = request_import(portal)
    assert sentence in alice.get(f"/jobs/{job}/").text

    portal.worker.resume()
    assert portal.end_of(job)["state"] == "succeeded"
    portal.wait_for(lambda: portal.call("count_workers") == 1, condition="the worker is recorded again")
    assert sentence not in alice.get(f"/jobs/{job}/").text
