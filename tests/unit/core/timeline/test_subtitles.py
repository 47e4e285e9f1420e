from __future__ import annotations

import pytest

from tests.unit.core.timeline.read_text import cues, read, texts

SRT = """\
    1
    00:00:01,000 --> 00:00:02,500
    Good morning.

    2
    00:00:03,000 --> 00:00:04,000
    Second line
    in two parts
    """
EXPECTED = [(1000, 2500, "Good morning."), (3000, 4000, "Second line\nin two parts")]
ONE = [(1000, 2000, "Text")]


class TestSrt:
    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_reads_cues_with_any_newline(self, newline):
        lines = "\n".join(line.strip() for line in SRT.split("\n"))

        assert cues(read("a.srt", lines.replace("\n", newline).encode())) == EXPECTED

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("00:00:01,000 --> 00:00:02,000\nText", ONE, id="no index"),
            pytest.param("1\n00:00:01.000 --> 00:00:02.000\nText\n", ONE, id="dots"),
            pytest.param("1\n00:00:01,000-->00:00:02,000\nText\n", ONE, id="no spaces"),
            pytest.param("1\n00:00:01.000 ->00:00:02.000\nText\n", ONE, id="short arrow"),
            pytest.param("1\n   0:00:01,00 --> 0:00:02,00\n   Text\n", ONE, id="two digits, indented"),
            pytest.param("1\n00:00:01 --> 00:00:02\nText\n", ONE, id="no milliseconds"),
            pytest.param("1\n00:01,0 --> 00:02,0\nText\n", ONE, id="no hours"),
            pytest.param("1\n00:00:01,000 --> 00:00:02,000  X1:63 X2:223 Y1:43 Y2:58\nText\n", ONE, id="position"),
            pytest.param("1\n00:00:01,000 --> 00:00:02,000\n\n\n\nText\n", ONE, id="blank lines first"),
            pytest.param("\n\n\n1\n00:00:01,000 --> 00:00:02,000\nText\n\n\n", ONE, id="blank lines around"),
            pytest.param(
                "1\n100:00:00,000 --> 100:00:01,000\nText\n",
                [(360_000_000, 360_001_000, "Text")],
                id="hundred hours",
            ),
            pytest.param(
                "1\n00:00:01,000 --> 00:00:02,000\nOne\n\nTwo\n\n2\n00:00:03,000 --> 00:00:04,000\nThree\n",
                [(1000, 2000, "One\n\nTwo"), (3000, 4000, "Three")],
                id="blank line inside",
            ),
            pytest.param(
                "1\n00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:03,000 --> 00:00:04,000\nTwo",
                [(1000, 2000, "One"), (3000, 4000, "Two")],
                id="no blank line between",
            ),
            pytest.param(
                "7\n00:00:01,000 --> 00:00:02,000\n42\n\n7\n00:00:03,000 --> 00:00:04,000\n1984\n\n",
                [(1000, 2000, "42"), (3000, 4000, "1984")],
                id="numbers as text, the same index twice",
            ),
            pytest.param(
                "1\n00:00:01,000 --> 00:00:02,000\ngo a --> b now\n", [(1000, 2000, "go a --> b now")], id="arrow"
            ),
            pytest.param(
                "1\n00:00:05,000 --> 00:00:06,000\nLater\n\n2\n00:00:01,000 --> 00:00:09,000\nOverlaps\n",
                [(5000, 6000, "Later"), (1000, 9000, "Overlaps")],
                id="out of order, overlapping",
            ),
            pytest.param(
                "392\n00:29:27,46 --> 00:29:29,83\nText\n\n393\n00:00:00,00 --> 00:00:00,00\n\n394\n00:00:00,00 --> 00:00:00,00\n",
                [(1_767_460, 1_769_830, "Text")],
                id="empty cues",
            ),
            pytest.param("1\n00:00:01,000 --> 00:00:01,000\nText\n", [(1000, 1000, "Text")], id="zero length"),
            pytest.param(
                "1\n00:00:01,000 --> 00:00:02,000\nText\n\n2\n00:00:03,0", [(1000, 2000, "Text\n\n2\n00:00:03,0")],
                id="cut inside of the times",
            ),
            pytest.param(
                "Made by a tool\nhttp://example.org\n\n1\n00:00:01,000 --> 00:00:02,000\nText\n", ONE, id="preface"
            ),
        ],
    )  # fmt: skip
    def test_reads_variants(self, text, expected):
        assert cues(read("a.srt", text.encode())) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("<i>Elephant's</i> <b><u>Dream</u></b>", "Elephant's Dream"),
            ('< u><font color="red" >Elephant\'s < s>Dream< /  i > Is</s>', "Elephant's Dream Is"),
            ("<font color=#ff0000 size=9>red</font>", "red"),
            ("{\\an8}at the {\\b1}top{\\b0}", "at the top"),
            ("{normal text}", "{normal text}"),
            ("2<3,5>1,4<6", "2<3,5>1,4<6"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
            ("I <3 you &amp; me", "I <3 you &amp; me"),
        ],
    )
    def test_removes_formatting_and_keeps_other_markup_as_text(self, text, expected):
        assert texts(read("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n".encode())) == [expected]

    def test_reads_speakers_that_diarization_wrote(self):
        timeline = read("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\n[SPEAKER_01]: Hello\n")

        assert [(one.speaker, one.text) for one in timeline.tracks[0].segments] == [("SPEAKER_01", "Hello")]

    @pytest.mark.parametrize(
        ("times", "problem"),
        [
            ("00:00:05,000 --> 00:00:02,000", "line 6: end before start"),
            ("-00:00:01,000 --> 00:00:02,000", "line 6: the start is negative or out of range"),
            ("00:00:01,000 --> 8760:00:00,000", "line 6: lasts more than a day"),
            ("00:00:01,000 --> 999999:00:00,000", "line 6: the end is negative or out of range"),
            ("00:00:xx,000 --> 00:00:02,000", "line 6: the times cannot be read"),
        ],
    )
    def test_reports_wrong_times_with_their_line(self, times, problem):
        timeline = read("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\nOne\n\n2\n{times}\nTwo\n".encode())

        assert [str(found) for found in timeline.problems] == [problem]
        assert timeline.reason == ""

    @pytest.mark.parametrize(
        "times",
        [
            "00:00:0x,000 --> 00:00:04,000",
            "00:00:03,000 --> 00:00:0x,000",
            "00:00:03,000 -->",
            "--> 00:00:04,000",
            "OO:OO:OO,OOO --> 00:00:04,000",
        ],
    )
    @pytest.mark.parametrize("blank", ["\n", ""])
    def test_a_line_with_unreadable_times_has_none(self, times, blank):
        cue = f"2\n{times}\nTwo\n{blank}"
        before = f"1\n00:00:01,000 --> 00:00:02,000\nText\n{blank}"
        after = f"3\n00:00:05,000 --> 00:00:06,000\nThree\n{blank}"
        two, three = (None, None, "Two"), (5000, 6000, "Three")

        assert cues(read("a.srt", f"{before}{cue}{after}".encode())) == [*ONE, two, three]
        assert cues(read("a.srt", f"{cue}{after}".encode())) == [two, three]
        assert cues(read("a.srt", f"{before}{cue}".encode())) == [*ONE, two]

    def test_unreadable_times_may_follow_each_other(self):
        wrong = "2\n00:00:0x,000 --> 00:00:04,000\n\n3\n00:00:0y,000 --> 00:00:04,000\nTwo\n"
        timeline = read("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{wrong}".encode())

        assert cues(timeline) == [(None, None, "Two")]
        assert [problem.line for problem in timeline.problems] == [4, 7]

    @pytest.mark.parametrize("text", ["step1 --> step2", "--> 2 more", "yes --> 2 more", "at 5:30 --> home"])
    def test_a_line_of_text_may_have_an_arrow(self, text):
        assert texts(read("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n".encode())) == [text]

    def test_long_lines_like_times_are_read_fast(self):
        blank = " " * 200_000 + "\n" + "\t" * 200_000 + "\na" + " " * 200_000 + "b\n"
        lines = blank + "1:" * 100_000 + "\n" + "00:00:0x,000 --> x\n" * 100_000
        timeline = read("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{lines}".encode())

        assert timeline.problem_count == 100_001

    def test_keeps_the_first_problems_and_counts_all(self):
        timeline = read("a.srt", b"00:00:05,000 --> 00:00:02,000\nText\n\n" * 100)

        assert (len(timeline.problems), timeline.problem_count) == (20, 100)
        assert len(timeline.tracks[0].segments) == 100

    def test_cuts_an_enormous_line(self):
        timeline = read("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\n" + b"x" * 1_000_000)

        assert len(timeline.tracks[0].segments[0].text) == 10_000
        assert "more than 10,000 characters" in str(timeline.problems[0])

    def test_leaves_out_null_characters(self):
        timeline = read("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\nTe\0xt\n")

        assert texts(timeline) == ["Text"]
        assert "null characters" in str(timeline.problems[0])

    def test_reads_ten_thousand_speakers(self):
        blocks = (f"00:00:01,000 --> 00:00:02,000\nSPEAKER_{number}: Hello\n\n" for number in range(10_000))
        timeline = read("a.srt", "".join(blocks).encode())

        assert len({one.speaker for one in timeline.tracks[0].segments}) == 10_000


class TestVtt:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("WEBVTT\n\n00:01.000 --> 00:02.000\nText\n", ONE, id="no hours"),
            pytest.param("\ufeffWEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\nText\r\n", ONE, id="mark, CRLF"),
            pytest.param("WEBVTT\r\r00:01.000 --> 00:02.000\rText\r", ONE, id="bare CR"),
            pytest.param("WEBVTT - title\nKind: captions\n\n00:01.000 --> 00:02.000\nText", ONE, id="header"),
            pytest.param("WEBVTT\n\n0:0:1.0 --> 0:0:2.0\nText\n", ONE, id="Teams' single digits"),
            pytest.param("00:01.000 --> 00:02.000\nText\n", ONE, id="no header"),
            pytest.param("WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nText\n", ONE, id="commas"),
            pytest.param(
                "WEBVTT\n\n00:01.000 --> 00:02.000 align:start position:0% line:-1\nText\n", ONE, id="settings"
            ),
            pytest.param(
                "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n\nNOTE\nnot\nspoken\n\n"
                "intro\n00:01.000 --> 00:02.000\nText\n\nNOTE another\n\n2 - next\n00:03.000 --> 00:04.000\nTwo\n",
                [*ONE, (3000, 4000, "Two")],
                id="style, region, notes, identifiers",
            ),
            pytest.param(
                "WEBVTT\n\n00:01.000 --> 00:02.000\nText\n00:03.000 --> 00:04.000\nTwo\n",
                [*ONE, (3000, 4000, "Two")],
                id="no blank line between",
            ),
            pytest.param("WEBVTT\n\n00:01.000 --> 00:02.000\n\n00:01.000 --> 00:02.000\nText\n", ONE, id="empty cue"),
            pytest.param(
                "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:01.000 --> 00:02.000\nText", ONE, id="HLS"
            ),
        ],
    )  # fmt: skip
    def test_reads_variants(self, text, expected):
        assert cues(read("a.vtt", text.encode())) == expected

    @pytest.mark.parametrize("blank", ["\n", ""])
    def test_a_line_with_unreadable_times_has_none(self, blank):
        text = f"WEBVTT\n\n00:01.000 --> 00:02.000\nText\n{blank}00:0x.000 --> 00:04.000\nTwo\n"

        assert cues(read("a.vtt", text.encode())) == [*ONE, (None, None, "Two")]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("<v Mary>Hello</v>", ("Mary", "Hello")),
            ("<v.loud Mary Ann>Hello", ("Mary Ann", "Hello")),
            ("this<00:05:04.199><c> will</c><c.colorE5E5E5> happen</c>", ("", "this will happen")),
            ("<lang en>a</lang> <ruby>b<rt>c</rt></ruby>", ("", "a bc")),
            ("1 &lt; 2 &amp; 3&nbsp;&gt; 2", ("", "1 < 2 & 3\N{NO-BREAK SPACE}> 2")),
            ("<script>x</script>", ("", "<script>x</script>")),
        ],
    )
    def test_reads_tags_and_entities(self, text, expected):
        (track,) = read("a.vtt", f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}\n".encode()).tracks

        assert [(one.speaker, one.text) for one in track.segments] == [expected]

    def test_reads_the_language_of_the_header(self):
        timeline = read(
            "a.vtt", b"WEBVTT\nKind: captions\nLanguage: pt-br\n\n00:01.000 --> 00:02.000\nText\n"
        )

        assert timeline.tracks[0].language == "pt-BR"


class TestAss:
    HEAD = "[Script Info]\nTitle: x\n\n[V4+ Styles]\nFormat: Name\nStyle: Default\n\n[Events]\n"
    FORMAT = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"

    @pytest.mark.parametrize(
        ("events", "expected"),
        [
            pytest.param(
                FORMAT + "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Text\n", ONE, id="usual"
            ),
            pytest.param(
                "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Text\n", ONE, id="no Format line"
            ),
            pytest.param("Format: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,Text\n", ONE, id="short"),
            pytest.param(
                FORMAT.replace("Layer", "Marked")
                + "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Text",
                ONE,
                id="SSA",
            ),
            pytest.param(
                FORMAT
                + "Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,no\n"
                + "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\an8}Yes, {\\i1}no\\N{\\i0}two\\hthree\n",
                [(1000, 2000, "Yes, no\ntwo three")],
                id="comment, commas, overrides",
            ),
            pytest.param(
                FORMAT + "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}Text\n",
                ONE,
                id="drawing",
            ),
        ],
    )
    def test_reads_events(self, events, expected):
        assert cues(read("a.ass", (self.HEAD + events).encode())) == expected

    def test_reads_actors(self):
        events = self.FORMAT + "Dialogue: 0,0:00:01.00,0:00:02.00,Default,Mary,0,0,0,,Text\n"

        assert read("a.ass", (self.HEAD + events).encode()).tracks[0].segments[0].speaker == "Mary"

    def test_reports_lines_that_it_cannot_read(self):
        events = self.FORMAT + "Dialogue: 0,x,0:00:02.00,Default,,0,0,0,,A\nDialogue: 0,1\n"
        events += "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Text\n"
        timeline = read("a.ass", (self.HEAD + events).encode())

        assert cues(timeline) == ONE
        assert [str(problem) for problem in timeline.problems] == [
            "line 10: the times cannot be read",
            "line 11: fields are missing",
        ]

    def test_names_a_format_line_without_text(self):
        assert read("a.ass", b"[Events]\nFormat: Start, End\n").reason == (
            "line 2: the Format line names no Start, End and Text"
        )


class TestSbv:
    def test_reads_cues(self):
        timeline = read(
            "a.sbv", b"0:00:01.000,0:00:02.000\nText\n\n0:00:03.000,0:00:04.500\n>> Mary: Hello\ntwo\n"
        )

        assert cues(timeline) == [*ONE, (3000, 4500, "Hello\ntwo")]
        assert timeline.tracks[0].segments[1].speaker == "Mary"

    @pytest.mark.parametrize("path", ["a.sub", "a.txt", "a.srt"])
    def test_is_recognized_under_other_names(self, path):
        assert cues(read(path, b"0:00:01.000,0:00:02.000\nText\n")) == ONE


TT = '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" {0}>{1}</tt>'


class TestTtml:
    @pytest.mark.parametrize(
        ("attributes", "body", "expected"),
        [
            ("", '<p begin="00:00:01.000" end="00:00:02.000">Text</p>', ONE),
            ("", '<p begin="1s" end="2s">Text</p>', ONE),
            ("", '<p begin="1000ms" dur="1s">Text</p>', ONE),
            ("", '<div begin="1s"><p begin="0s" dur="1s">Text</p></div>', ONE),
            ("", '<div begin="1s" end="2s"><p>Text</p></div>', ONE),
            ('ttp:frameRate="25"', '<p begin="00:00:01:00" end="50f">Text</p>', ONE),
            (
                'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"',
                '<p begin="24f" end="48f">Text</p>',
                [(1001, 2002, "Text")],
            ),
            ('ttp:tickRate="10000000"', '<p begin="10000000t" end="20000000t">Text</p>', ONE),
            ("", '<p begin="1s" end="2s">A<br/>B <span>C\n  D</span></p>', [(1000, 2000, "A\nB C D")]),
            ("", '<p><span begin="1s" end="1.5s">A</span> <span begin="1.6s" end="2s">B</span></p>', [(1000, 2000, "A B")]),
            (
                'xmlns:itunes="http://music.apple.com/lyric-ttml-internal" itunes:timing="Word"',
                '<div begin="1.0" end="9.0"><p begin="1.0" end="2.0"><span begin="1.0" end="2.0">Text</span></p></div>',
                ONE,
            ),
        ],
    )  # fmt: skip
    def test_reads_times(self, attributes, body, expected):
        assert cues(read("a.ttml", TT.format(attributes, f"<body>{body}</body>").encode())) == expected

    def test_reads_documents_of_2006(self):
        text = '<?xml version="1.0"?><tt xmlns="http://www.w3.org/2006/10/ttaf1"><body><div><p begin="1s" end="2s">Text</p></div></body></tt>'

        assert cues(read("a.dfxp", text.encode())) == ONE

    def test_reads_languages_and_agents(self):
        body = (
            '<head><metadata><ttm:agent xml:id="a"><ttm:name>Mary</ttm:name></ttm:agent></metadata></head><body>'
            '<div xml:lang="en"><p begin="1s" end="2s" ttm:agent="a">Hello</p></div>'
            '<div xml:lang="fr"><p begin="1s" end="2s">Bonjour</p></div></body>'
        )
        timeline = read("a.xml", TT.format("", body).encode())

        assert [(one.language, [tuple(line) for line in one.segments]) for one in timeline.tracks] == [
            ("en", [(1000, 2000, "Mary", "Hello")]),
            ("fr", [(1000, 2000, "", "Bonjour")]),
        ]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (
                '<tt xmlns="http://www.w3.org/ns/ttml"><body><p begin="1s">Te',
                "line 1: is not well-formed XML",
            ),
            (
                '<!DOCTYPE tt [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><tt><p>&b;</p></tt>',
                "line 1: has a document type",
            ),
            ("<tt>" + "<div>" * 1000, "line 1: is nested more than 200 levels deep"),
            ("<rss><channel/></rss>", "is an XML document, but not TTML"),
        ],
    )
    def test_names_what_it_refuses(self, text, reason):
        timeline = read("a.ttml", text.encode())

        assert timeline.reason.startswith(reason)
        assert timeline.tracks == []
