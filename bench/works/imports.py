"""Imports of a ZIP, compared with `extractall`.

An import checks all rules, hashes every file and syncs; `extractall` does none of these.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench import peers
from bench.contest import Bench, Entrant, Row, contest
from bench.worker import Worker

GROUP = "zip"
ALSO_IN = "load"
METHODS = {"import stored": (zipfile.ZIP_STORED, 1.0), "import deflated": (zipfile.ZIP_DEFLATED, 2.0)}
"""Compression of the archive (by zipfile), and the target ratio to ``extractall``."""


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "imports"
    folder.mkdir()
    for work, (method, at_least) in METHODS.items():
        archive = folder / f"{work.replace(' ', '-')}.zip"
        peers.write_zip(bench.session, archive, method)
        for suffix, in_memory in (("", False), (", in memory", True)):
            portal = folder / "portal"
            with Worker(portal, in_memory=in_memory) as worker:
                yield from contest(
                    work + suffix,
                    _ours(worker, archive, bench),
                    list(_peers(bench, archive, folder)),
                    rounds=bench.rounds,
                    at_least={"extractall": at_least},
                    inputs=[folder],
                    on_disk=not in_memory,
                )
            peers.remove(portal)


def _ours(worker: Worker, archive: Path, bench: Bench) -> Entrant:
    return Entrant(
        name="ours",
        prepare=partial(worker.do, "delete_session", "talk"),
        run=partial(worker.do, "import_file", "talk", archive),
        check=partial(worker.do, "check", "talk", bench.session),
    )


def _peers(bench: Bench, archive: Path, folder: Path) -> Iterator[Entrant]:
    target = folder / "extracted"

    def entrant(name: str, work: partial[float]) -> Entrant:
        return Entrant(
            name=name,
            prepare=partial(peers.empty, target),
            run=work,
            check=partial(peers.check_folder, target, bench.session),
        )

    yield entrant("extractall", partial(peers.timed, partial(peers.extract_zip, archive, target)))
    if seven := peers.find("7z"):
        yield entrant("7z x", partial(peers.run, seven, "x", "-bso0", "-bsp0", f"-o{target}", archive))
