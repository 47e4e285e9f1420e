"""`dubs` behind a reverse proxy: a limit of the body's size, a wrong prefix, and the right one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.client.conftest import read, write
from tests.journeys.portal import Portal
from tests.services.reverse_proxy import reverse_proxy_to

pytestmark = [pytest.mark.slow, pytest.mark.one_stack]

MIB = 1024 * 1024


def test_a_limit_and_a_prefix_of_a_proxy(portal: Portal, machine, tmp_path: Path):
    work = tmp_path / "work"
    write(work, {"talk.mp4": os.urandom(3 * MIB), "hi.wav": b"hi"})
    laptop = machine("alice-laptop")
    with reverse_proxy_to(portal.address, max_body=MIB, prefix="/dubbing") as url:
        laptop.environment["DUBS_URL"] = f"{url}/dubbing"
        refused = laptop.run("save", work, "--name", "Talk", code=1).err
        assert "refuses requests of this size (413)" in refused
        assert "client_max_body_size in nginx, LimitRequestBody in Apache" in refused
        assert laptop.run("list", "--names").out == ""

        for prefix in ("", "/dub", "/dubbing/sessions"):
            laptop.environment["DUBS_URL"] = url + prefix
            assert f"There is no portal at {url}{prefix}. Check DUBS_URL" in laptop.run("list", code=3).err

        laptop.environment["DUBS_URL"] = f"{url}/dubbing/"
        (work / "talk.mp4").write_bytes(b"short")
        laptop.run("save", work, "--name", "Talk")
        laptop.run("load", "Talk", tmp_path / "loaded")
        assert read(tmp_path / "loaded") == read(work)
        laptop.run("export", "Talk", "-o", tmp_path / "talk.zip")
        laptop.run("import", tmp_path / "talk.zip", "--name", "Again")
