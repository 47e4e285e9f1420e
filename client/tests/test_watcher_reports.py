"""Reports of a watcher about files that it leaves out; nothing is due, so nothing is sent."""

from __future__ import annotations

from dubbing_client.api import Api
from dubbing_client.progress import NullListener
from dubbing_client.watcher import Watcher, WatchOptions


class Sentences(NullListener):
    def __init__(self) -> None:
        self.all: list[str] = []

    def notify(self, message: str) -> None:
        self.all.append(message)


def test_what_is_left_out_is_reported_once_for_each_name(work):
    work.write("talk.mp4")
    work.write(".git/config")
    sentences = Sentences()
    api = Api("https://portal.example.com", "token")
    watcher = Watcher(api, work.folder, work.state(), WatchOptions(), listener=sentences, clock=lambda: 0.0)

    watcher.check()
    work.write("audio/.git/config")
    watcher.check()
    work.write(".DS_Store")
    watcher.check()
    watcher.check()

    assert sentences.all == [
        "Left out: .git/ (hidden folder, 1 file, 4 B). Use --hidden to save hidden folders, too.",
        "Left out: .DS_Store (system file).",
    ]
