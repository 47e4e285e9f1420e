"""Open pages on which nothing happens: what their polls cost the web server.

A page asks every 10 seconds, with an ETag; after a minute without news every 20, then every 30 seconds. This is the first minute.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from bench.contest import Bench, Row
from bench.web import USER, Portal, running_portal

GROUP = "pages"
WORK = "idle pages"
PAGES = 50
INTERVAL = 10.0
"""Seconds, as `IDLE_SECONDS` of sessions_app/views/updates.py."""
MINUTE = 60.0
COUNT_QUERIES = """
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
settings.ALLOWED_HOSTS = ["*"]
client, queries = Client(), []
client.force_login(User.objects.get(username={user!r}))
etag = client.get({path!r})["ETag"]
with connection.execute_wrapper(lambda run, *rest: queries.append(rest[0]) or run(*rest)):
    assert client.get({path!r}, headers={{"if-none-match": etag}}).status_code == 304
print(len(queries))
"""


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "portal"
    folder.mkdir()
    media = bench.folder / "media"
    media.mkdir()
    (media / "hi.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nx\n", encoding="utf-8")
    with running_portal(folder, session=media) as portal, ThreadPoolExecutor(PAGES) as pages:
        session = portal.import_folder(media, name="talk").split("/")[2]
        path = f"/updates/?session={session}"
        before, start = _read_cpu(portal), time.monotonic()
        polls = sum(pages.map(lambda page: _keep_open(portal, path, start, page), range(PAGES)))
        busy, seconds = _read_cpu(portal) - before, time.monotonic() - start
        queries = int(portal.manage("shell", "-v0", "-c", COUNT_QUERIES.format(user=USER, path=path)))
    what = f"{PAGES} for a minute"
    yield Row(work=WORK, against=f"{what}: CPU", value=100 * busy / seconds, unit="%", at_most=10)
    yield Row(work=WORK, against=f"{what}: polls", value=polls)
    yield Row(work=WORK, against="CPU of a poll", value=1000 * busy / polls, unit="ms")
    yield Row(work=WORK, against="queries of a poll", value=queries, at_most=5)


def _keep_open(portal: Portal, path: str, start: float, page: int) -> int:
    """Poll from a share of the interval on; return the number of polls."""
    etag, polls = "", 0
    due = start + INTERVAL * page / PAGES
    while due < start + MINUTE:
        time.sleep(max(0.0, due - time.monotonic()))
        with closing(HTTPConnection("127.0.0.1", portal.port)) as connection:
            headers = {"Cookie": portal.cookie} | ({"If-None-Match": etag} if etag else {})
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
        assert response.status == (HTTPStatus.NOT_MODIFIED if etag else HTTPStatus.OK), response.status
        etag = response.headers["ETag"]
        polls += 1
        due += INTERVAL
    return polls


def _read_cpu(portal: Portal) -> float:
    """Return the CPU seconds of the web server's process: utime and stime of proc(5)."""
    fields = (Path(portal.server().folder) / "stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
