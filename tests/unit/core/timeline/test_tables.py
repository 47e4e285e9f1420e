from __future__ import annotations

import io
import zipfile

import pytest

from tests.unit.core.timeline.read_text import cues, read

SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="/xl/worksheets/sheet1.xml"/></Relationships>'
)


def write_book(rows: str, **more: bytes | str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        archive.writestr("xl/worksheets/sheet1.xml", SHEET.format(rows))
        for name, contents in more.items():
            archive.writestr(f"xl/{name}.xml", contents)
    return data.getvalue()


def write_rows(*rows: list[str | float]) -> str:
    def cell(value: str | float) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        return f"<c><v>{value}</v></c>"

    return "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)


def tracks(path: str, data: bytes) -> list[tuple[str, list[tuple[object, ...]]]]:
    timeline = read(path, data)
    assert timeline.reason == ""
    return [(str(track.kind), [tuple(one) for one in track.segments]) for track in timeline.tracks]


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_reads_both_texts_of_elevenlabs(self, delimiter):
        rows = [
            ["speaker", "start_time", "end_time", "transcription", "translation"],
            ["Adam", "0.0", "1.5", '"Hello"', "Hola"],
            ["Eva", "0:00:02.000", '"00:00:03,250"', "Bye", "=HYPERLINK(1)"],
        ]
        data = "\r\n".join(delimiter.join(row) for row in rows).encode("utf-8-sig")

        assert tracks("a.csv", data) == [
            ("transcript", [(0, 1500, "Adam", "Hello"), (2000, 3250, "Eva", "Bye")]),
            ("translation", [(0, 1500, "Adam", "Hola"), (2000, 3250, "Eva", "=HYPERLINK(1)")]),
        ]

    def test_reads_the_milliseconds_of_whisper(self):
        assert cues(read("a.tsv", b"start\tend\ttext\n0\t1500\tHello, you\n2000\t3250\tBye\n")) == [
            (0, 1500, "Hello, you"),
            (2000, 3250, "Bye"),
        ]

    def test_reads_short_and_long_rows(self):
        assert cues(read("a.csv", b"start,end,text\n0.5,1.5,A,extra\n2\n2.5,3.5,B\n")) == [
            (500, 1500, "A"),
            (2500, 3500, "B"),
        ]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("name,size\na,1\n", "line 1: has no column of texts; its columns are: name, size"),
            ("\n\n", "is empty"),
            ('start,end,text\n0,1,"' + "x" * 200_000, "is not a valid table"),
        ],
    )
    def test_names_what_is_wrong(self, text, reason):
        assert reason in read("a.csv", text.encode()).reason

    def test_reports_the_row_of_wrong_times(self):
        timeline = read("a.csv", b"start,end,text\n1.5,0.5,A\n")

        assert [str(problem) for problem in timeline.problems] == ["line 2: end before start"]


class TestXlsx:
    def test_reads_inline_and_shared_texts(self):
        strings = "<sst><si><t>Source</t></si><si><r><t>Trans</t></r><r><t>lation</t></r></si><si><t>Hi</t><rPh><t>no</t></rPh></si></sst>"
        rows = (
            '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>'
            '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="s"><v>99</v></c><c r="C2" t="inlineStr"><is><t>Hola</t></is></c></row>'
        )

        assert tracks("a.xlsx", write_book(rows, sharedStrings=strings)) == [
            ("transcript", [(None, None, "", "Hi")]),
            ("translation", [(None, None, "", "Hola")]),
        ]

    def test_reads_the_tasks_of_videolingo(self):
        rows = write_rows(
            ["number", "start_time", "end_time", "duration", "text", "origin", "lines"],
            [1.0, "00:00:01,000", "00:00:02,000", 1.0, "Hola", "Hello", "['Hola']"],
        )

        assert tracks("tts_tasks.xlsx", write_book(rows)) == [
            ("transcript", [(1000, 2000, "", "Hello")]),
            ("translation", [(1000, 2000, "", "Hola")]),
        ]

    def test_joins_the_words_of_videolingo(self):
        rows = write_rows(
            ["text", "start", "end", "speaker_id"],
            ['"Hello"', 0.0, 0.5, "A"], ['"there."', 0.5, 1.0, "A"], ['"Bye."', 1.1, 1.5, "A"],
        )  # fmt: skip

        assert tracks("cleaned_chunks.xlsx", write_book(rows)) == [
            ("text", [(0, 1000, "A", "Hello there."), (1100, 1500, "A", "Bye.")])
        ]

    def test_reads_a_sheet_whose_cells_are_far_apart(self):
        rows = '<row r="1"><c r="A1" t="str"><v>text</v></c></row><row r="1048576"><c r="A1048576" t="str"><v>A</v></c><c r="XFD1048576"><v>1</v></c></row>'

        assert cues(read("a.xlsx", write_book(rows))) == [(None, None, "A")]

    def test_reads_a_formula_s_stored_result(self):
        rows = (
            write_rows(["text"])
            + '<row><c><f>cmd()</f><v>7</v></c></row><row><c t="e"><v>#REF!</v></c></row>'
        )

        assert cues(read("a.xlsx", write_book(rows))) == [(None, None, "7")]

    @pytest.mark.parametrize("part", ["worksheets/sheet1", "sharedStrings"])
    def test_refuses_a_bomb(self, part, monkeypatch):
        monkeypatch.setattr("dubbing_core.timeline.xlsx.INFLATED_LIMIT", 1_000_000)
        bomb = "<a>" + " " * 5_000_000 + "</a>"
        data = write_book(bomb) if part.startswith("worksheets") else write_book("", sharedStrings=bomb)

        assert "when inflated" in read("a.xlsx", data).reason

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"PK\x03\x04 and nothing else", "is a damaged spreadsheet"),
            (write_book("<row><c>"), "is not well-formed XML"),
            (write_book('<!DOCTYPE a [<!ENTITY b "c">]>'), "is not well-formed XML"),
            (b"text", "is not a spreadsheet, although its name ends in .xlsx"),
        ],
    )
    def test_names_what_is_wrong(self, data, reason):
        assert reason in read("a.xlsx", data).reason

    def test_refuses_other_archives(self):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr("a.srt", "x")

        assert read("a.xlsx", data.getvalue()).reason == "is a ZIP archive, but not a spreadsheet"

    def test_a_damaged_part_is_a_reason(self):
        data = bytearray(write_book(write_rows(["text"], ["A" * 100])))
        place = data.index(b"xl/worksheets/sheet1.xml") + 60
        data[place : place + 20] = bytes(20)

        assert read("a.xlsx", bytes(data)).reason != ""
