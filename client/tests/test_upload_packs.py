"""Small files in packs."""

from __future__ import annotations

from stub_api import sha

from dubbing_client.folder import Stat
from dubbing_client.uploader import LocalFile, NewUpload, group_into_uploads


def local(path: str, size: int) -> LocalFile:
    return LocalFile(path, path, Stat(size, 0, 0, 0), sha(path.encode()))


def test_small_files_are_packed_independently_of_their_order():
    files = [local(f"{number:04}.wav", 40) for number in range(10)]
    uploads = group_into_uploads(files[::-1], small_size=100, pack_size=120)
    assert [[file.path for file in each.files] for each in uploads] == [
        ["0000.wav", "0001.wav", "0002.wav"],
        ["0003.wav", "0004.wav", "0005.wav"],
        ["0006.wav", "0007.wav", "0008.wav"],
        ["0009.wav"],
    ]
    assert group_into_uploads(files, small_size=100, pack_size=120) == uploads


def test_large_files_are_not_packed_and_a_pack_has_at_most_2000_files():
    uploads = group_into_uploads(
        [local("big", 100), *(local(str(number), 0) for number in range(2001))], small_size=100, pack_size=50
    )
    assert [(each.is_pack, len(each.files)) for each in uploads] == [(False, 1), (True, 2000), (True, 1)]


def test_a_part_of_a_pack_consists_of_ranges_of_its_files():
    pack = NewUpload((local("a", 10), local("empty", 0), local("b", 10)), is_pack=True)
    assert [(part.name, part.offset, part.length) for part in pack.file_ranges(4, 16)] == [
        ("a", 4, 6),
        ("b", 0, 6),
    ]
    assert sum(part.length for part in pack.file_ranges(0, 20)) == pack.size
