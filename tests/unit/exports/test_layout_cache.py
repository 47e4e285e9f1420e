from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest

from dubbing_core.zips.layout import SegmentWriter, TextMember, write_layout
from sessions_app.exports import layout_cache
from sessions_app.exports.layout_cache import MAX_AGE, SUFFIX, TOUCH_AFTER, LayoutBusyError, LayoutCache
from sessions_app.storage.range_locks import lock_range
from tests.services.processes import ROOT
from tests.unit.core.zips.blobs import MODIFIED

MIB = 1024 * 1024


class Planner:
    """Plan layouts and count them."""

    def __init__(self, *, size: int = 1000) -> None:
        self.size = size
        self.count = self.concurrency_now = self.max_concurrency = 0
        self._lock = threading.Lock()

    def __call__(self, writer: SegmentWriter) -> None:
        with self._lock:
            self.count += 1
            self.concurrency_now += 1
            self.max_concurrency = max(self.max_concurrency, self.concurrency_now)
        write_layout([TextMember(name="a.txt", data=bytes(self.size), modified=MODIFIED)], writer)
        with self._lock:
            self.concurrency_now -= 1


class PlannerError(Exception):
    pass


def fail(writer: SegmentWriter) -> None:
    raise PlannerError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "layouts"


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


class TestLayoutCache:
    def test_plans_a_layout_once_for_all_processes(self, folder):
        planner = Planner()

        layouts = [LayoutCache(folder, limit=MIB).get("talk", planner, is_large=False) for _ in range(3)]

        assert planner.count == 1
        assert len({layout.etag for layout in layouts}) == 1

    def test_distinguishes_keys(self, folder):
        cache, planner = LayoutCache(folder, limit=MIB), Planner()

        cache.get("talk 1", planner, is_large=False)
        cache.get("talk 2", planner, is_large=False)

        assert planner.count == 2

    def test_plans_once_for_concurrent_requests(self, folder):
        caches = [LayoutCache(folder, limit=MIB), LayoutCache(folder, limit=MIB)]
        planner, started = Planner(), threading.Barrier(8)

        def request(number: int) -> str:
            started.wait()
            return caches[number % 2].get("talk", planner, is_large=True).etag

        with ThreadPoolExecutor(8) as pool:
            etags = set(pool.map(request, range(8)))

        assert (planner.count, len(etags)) == (1, 1)

    def test_plans_one_large_layout_at_a_time(self, folder):
        cache, planner = LayoutCache(folder, limit=64 * MIB), Planner(size=4 * MIB)

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda number: cache.get(str(number), planner, is_large=True), range(6)))

        assert (planner.count, planner.max_concurrency) == (6, 1)

    def test_plans_a_small_layout_while_a_large_one_is_planned(self, folder):
        cache = LayoutCache(folder, limit=MIB)

        def plan_another(writer: SegmentWriter) -> None:
            cache.get("small", Planner(), is_large=False)
            Planner()(writer)

        assert cache.get("large", plan_another, is_large=True).size

    def test_waits_for_another_process_for_a_limited_time(self, folder):
        cache = LayoutCache(folder, limit=MIB, wait_limit=0.05)
        cache.get("other", Planner(), is_large=False)

        with (folder / layout_cache.LOCKS).open("r+b") as locks, lock_range(locks.fileno(), 0, 0):
            with pytest.raises(LayoutBusyError):
                cache.get("talk", Planner(), is_large=False)
            assert cache.get("other", fail, is_large=False).size

    def test_waits_for_another_large_layout_for_a_limited_time(self, folder):
        cache = LayoutCache(folder, limit=MIB, wait_limit=0.05)

        def plan_another(writer: SegmentWriter) -> None:
            with pytest.raises(LayoutBusyError):
                cache.get("another", Planner(), is_large=True)
            Planner()(writer)

        assert cache.get("large", plan_another, is_large=True).size

    def test_an_error_of_the_planner_leaves_nothing(self, folder):
        cache = LayoutCache(folder, limit=MIB)

        for _ in range(2):
            with pytest.raises(PlannerError):
                cache.get("talk", fail, is_large=True)

        assert files(folder) == []
        assert cache.get("talk", Planner(), is_large=True).size

    def test_a_killed_process_leaves_no_lock(self, folder):
        code = """
            import os, sys
            from pathlib import Path
            from sessions_app.exports.layout_cache import LayoutCache
            LayoutCache(Path(sys.argv[1]), limit=1 << 20).get("talk", lambda writer: os._exit(9), is_large=True)
        """
        done = subprocess.run([sys.executable, "-c", dedent(code), folder], cwd=ROOT, check=False)

        assert done.returncode == 9
        assert LayoutCache(folder, limit=MIB, wait_limit=0).get("talk", Planner(), is_large=True).size

    def test_replaces_a_damaged_file(self, folder):
        cache, planner = LayoutCache(folder, limit=MIB), Planner()
        etag = cache.get("talk", planner, is_large=False).etag
        os.truncate(files(folder)[0], 100)

        assert cache.get("talk", planner, is_large=False).etag == etag
        assert planner.count == 2

    def test_a_layout_in_use_survives_its_deletion(self, folder):
        layout = LayoutCache(folder, limit=MIB).get("talk", Planner(), is_large=False)
        files(folder)[0].unlink()

        assert sum(segment.size for segment in layout.segments) == layout.size

    def test_deletes_the_least_recently_used_layouts(self, folder):
        cache, planner = LayoutCache(folder, limit=16 * 1024), Planner()
        for age in range(20, 0, -1):
            before = set(files(folder))
            cache.get(str(age), planner, is_large=False)
            for file in set(files(folder)) - before:
                os.utime(file, (time.time() - age,) * 2)

        assert sum(file.stat().st_size for file in files(folder)) <= 16 * 1024
        cache.get("1", fail, is_large=False)
        cache.get("20", planner, is_large=False)
        assert planner.count == 21

    def test_deletes_what_was_not_used_for_a_day(self, folder):
        cache = LayoutCache(folder, limit=MIB)
        cache.get("talk", Planner(), is_large=False)
        (file,) = files(folder)
        os.utime(file, (time.time() - MAX_AGE.total_seconds() - 1,) * 2)

        cache.prune()

        assert files(folder) == []

    def test_records_a_use_once_an_hour(self, folder):
        cache = LayoutCache(folder, limit=MIB)
        cache.get("talk", Planner(), is_large=False)
        (file,) = files(folder)
        recent, long_ago = time.time() - 60, time.time() - TOUCH_AFTER.total_seconds() - 60

        os.utime(file, (recent, recent))
        cache.get("talk", fail, is_large=False)
        assert file.stat().st_mtime == pytest.approx(recent, abs=1)
        os.utime(file, (long_ago, long_ago))
        cache.get("talk", fail, is_large=False)

        assert file.stat().st_mtime > recent

    def test_leaves_the_reserve_free(self, folder):
        cache = LayoutCache(folder, limit=MIB, reserve=1 << 62)

        layout = cache.get("talk", Planner(), is_large=True)

        assert sum(segment.size for segment in layout.segments) == layout.size
        assert files(folder) == []

    def test_works_without_a_writable_folder(self, folder, caplog):
        folder.parent.mkdir(parents=True)
        folder.write_bytes(b"a file in the place of the folder")

        layout = LayoutCache(folder, limit=MIB).get("talk", Planner(), is_large=True)

        assert sum(segment.size for segment in layout.segments) == layout.size
        assert "could not be stored" in caplog.text
