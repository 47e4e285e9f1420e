"""Names that are not UTF-8 with slashes: refused, unless a person has confirmed how to read them."""

from __future__ import annotations

import struct
import zlib

import pytest

from dubbing_core.zips.limits import ArchiveLimits
from dubbing_core.zips.name_encodings import READABLE_CODES, NameReading
from dubbing_core.zips.name_readings import list_name_readings
from dubbing_core.zips.reader import ZipError, read_archive
from dubbing_core.zips.records import EXTRA_UNICODE_PATH, pack_extra
from tests.unit.core.zips.forge import File, forge
from tests.unit.core.zips.sources import BytesSource

LIMITS = ArchiveLimits()


def names_of(data: bytes, reading: NameReading | None) -> list[str]:
    archive = read_archive(BytesSource(data), LIMITS, reading=reading)
    for member in archive.members:
        assert b"".join(archive.open(member)) in {b"hello", b""}
    return [member.name for member in archive.members]


def readings_of(data: bytes) -> dict[NameReading, list[str]]:
    return {found.reading: list(found.changed) for found in list_name_readings(BytesSource(data), LIMITS)}


@pytest.mark.parametrize(
    ("codec", "reading", "names"),
    [
        ("cp437", NameReading.CP437, ["Übung/naïve.wav", "señal.srt"]),
        ("cp850", NameReading.CP850, ["Ação/são.wav", "Øre.srt"]),
        ("cp866", NameReading.CP866, ["Проект/перевод.srt", "озвучка.wav"]),
        ("cp932", NameReading.SHIFT_JIS, ["吹き替え/ソフト表.wav", "字幕.srt"]),
        ("gbk", NameReading.GBK, ["配音项目/翻译.srt", "联通.wav"]),
    ],
)
def test_names_in_a_code_page_are_read_as_confirmed(codec, reading, names):
    data = forge(File(name=b"metadata.json"), *(File(name=name.encode(codec)) for name in names))

    with pytest.raises(ZipError) as caught:
        names_of(data, None)
    assert caught.value.code in READABLE_CODES
    assert names_of(data, reading) == ["metadata.json", *names]
    assert readings_of(data)[reading] == names


@pytest.mark.parametrize(
    ("codec", "names", "first"),
    [
        ("cp866", ["Проект/перевод.srt", "озвучка.wav"], NameReading.CP866),
        ("cp932", ["吹き替え/ソフト.wav", "字幕.srt"], NameReading.SHIFT_JIS),
        ("gbk", ["配音项目/翻译.srt", "最终视频.mp4"], NameReading.GBK),
    ],
)
def test_the_most_plausible_reading_comes_first(codec, names, first):
    data = forge(*(File(name=name.encode(codec)) for name in names))

    assert next(iter(readings_of(data))) is first


def test_names_of_powershell_5_have_one_reading():
    data = forge(
        File(name=b"talk\\audio\\hi.wav"),
        File(name="talk\\ü\\x.srt".encode(), flags=0x800),
        File(name=b"talk\\empty\\", data=b""),
        File(name=b"a.txt"),
    )

    assert readings_of(data) == {NameReading.UTF_8: ["talk/audio/hi.wav", "talk/ü/x.srt", "talk/empty/"]}
    assert names_of(data, NameReading.UTF_8) == ["talk/audio/hi.wav", "talk/ü/x.srt", "talk/empty/", "a.txt"]


def test_flagged_names_and_unicode_paths_stay_utf_8():
    path = pack_extra(EXTRA_UNICODE_PATH, struct.pack("<BI", 1, zlib.crc32(b"\x84.txt")) + "ä.txt".encode())
    data = forge(
        File(name="日本.wav".encode(), flags=0x800),
        File(name=b"\x84.txt", local_extra=path, central_extra=path),
        File(name="ж.srt".encode("cp866")),
    )

    assert names_of(data, NameReading.CP866) == ["日本.wav", "ä.txt", "ж.srt"]


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ([b"..\\..\\etc\\passwd"], "zip_name_backslash"),
        ([b"\\\\host\\share\\x"], "zip_name_absolute"),
        ([b"\xff\\..\\x"], "zip_name_encoding"),
        ([b"a\\b", b"a/b"], "zip_name_backslash"),
        ([b"a\\b", b"A/b"], "zip_name_backslash"),
        ([b"a\\b:c"], "zip_name_backslash"),
    ],
)
def test_hostile_names_have_no_reading(names, code):
    data = forge(*(File(name=name) for name in names))

    assert readings_of(data) == {}
    with pytest.raises(ZipError) as caught:
        names_of(data, None)
    assert caught.value.code == code
    for reading in NameReading:
        with pytest.raises(ZipError, match=r"\.$|\.\)$"):
            names_of(data, reading)


def test_a_wrong_reading_is_refused_with_a_sentence():
    data = forge(File(name="озвучка.wav".encode("cp866")))

    with pytest.raises(ZipError) as caught:
        names_of(data, NameReading.UTF_8)
    assert str(caught.value).startswith("The archive contains a name that is not UTF-8")


def test_a_damaged_archive_has_no_readings():
    with pytest.raises(ZipError) as caught:
        readings_of(forge(File(name=b"\xff", flags=1)))
    assert caught.value.code == "zip_encrypted"
