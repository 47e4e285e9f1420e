"""TTML, IMSC and DFXP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dubbing_core.languages import parse_language_code
from dubbing_core.sentences import sentence
from dubbing_core.timeline.builder import Budget, TrackBuilder
from dubbing_core.timeline.clock import NUMBER_LIMIT, seconds_to_ms
from dubbing_core.timeline.tracks import Problems, Track, TrackKind, UnreadableError
from dubbing_core.timeline.xml_parser import XmlParser, local_name

NAME = "TTML"
CLOCK = re.compile(r"(?:(\d{1,6}):)?(\d{1,3}):(\d{1,2}(?:\.\d{1,9})?)(?::(\d{1,5})(?:\.\d+)?)?")
OFFSET = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)(h|ms|m|s|f|t)?")
SPACE = re.compile(r"[ \t\r\n]+")
XML_ID = "http://www.w3.org/XML/1998/namespace id"
ABSOLUTE_TIMING = "http://music.apple.com/lyric-ttml-internal timing"


@dataclass(frozen=True, kw_only=True)
class ElementScope:
    """What an element inherits from those around it."""

    begin: int = 0
    end: int | None = None
    language: str = ""
    agent: str = ""
    is_timed: bool = False


@dataclass(kw_only=True)
class Line:
    """The paragraph that is being read."""

    scope: ElementScope
    number: int
    parts: list[str] = field(default_factory=list)
    begin: int | None = None
    """The earliest begin of its spans, like `end` the latest."""
    end: int | None = None


def read(data: bytes, problems: Problems, budget: Budget) -> list[Track]:
    """Read a document; one track for each language that it declares."""
    reader = Reader(problems, budget)
    reader.parser.parse([data])
    if not reader.is_ttml:
        raise UnreadableError(sentence("is an XML document, but not TTML"))
    return [builder.build(TrackKind.TEXT, language) for language, builder in reader.builders.items()]


class Reader:
    """State while a document is parsed."""

    def __init__(self, problems: Problems, budget: Budget) -> None:
        self.parser = XmlParser(start=self._on_start, end=self._on_end, text=self._on_text)
        self.is_ttml = False
        self.builders: dict[str, TrackBuilder] = {}
        self._problems = problems
        self._budget = budget
        self._scopes = [ElementScope()]
        self._line: Line | None = None
        self._agents: dict[str, str] = {}
        self._agent = ""
        self._is_agent_name = False
        self._is_absolute = False
        self._frame_rate = 30.0
        self._tick_rate = 1.0

    def _on_start(self, name: str, attributes: Mapping[str, str]) -> None:
        attribute = {local_name(key): value for key, value in attributes.items()}
        local = local_name(name)
        if local == "tt":
            self.is_ttml = True
            self._read_parameters(attribute)
            self._is_absolute = ABSOLUTE_TIMING in attributes
        elif local == "agent":
            self._agent = attributes.get(XML_ID, "")
        elif local == "name" and self._agent:
            self._is_agent_name = True
        elif local == "br" and self._line is not None:
            self._line.parts.append("\n")
        scope = self._enter(attribute)
        self._scopes.append(scope)
        if local == "p":
            self._line = Line(scope=scope, number=self.parser.line)
        elif self._line is not None and "begin" in attribute:
            self._widen(self._line, scope)

    def _on_end(self, name: str) -> None:
        local = local_name(name)
        self._scopes.pop()
        if local == "agent":
            self._agent = ""
        elif local == "name":
            self._is_agent_name = False
        elif local == "p" and self._line is not None:
            self._finish(self._line)
            self._line = None

    def _on_text(self, text: str) -> None:
        if self._is_agent_name:
            self._agents[self._agent] = self._agents.get(self._agent, "") + text
        elif self._line is not None:
            self._line.parts.append(SPACE.sub(" ", text))

    def _enter(self, attribute: Mapping[str, str]) -> ElementScope:
        around = self._scopes[-1]
        base = 0 if self._is_absolute else around.begin
        begin = self._parse(attribute.get("begin"))
        end, duration = self._parse(attribute.get("end")), self._parse(attribute.get("dur"))
        scope = replace(
            around,
            language=attribute.get("lang", around.language),
            agent=attribute.get("agent", around.agent),
        )
        if begin is None and end is None and duration is None:
            return scope
        start = base + begin if begin is not None else around.begin
        stop = base + end if end is not None else start + duration if duration is not None else around.end
        return replace(scope, begin=start, end=stop, is_timed=True)

    def _widen(self, line: Line, scope: ElementScope) -> None:
        line.begin = scope.begin if line.begin is None else min(line.begin, scope.begin)
        if scope.end is not None:
            line.end = scope.end if line.end is None else max(line.end, scope.end)

    def _finish(self, line: Line) -> None:
        scope = line.scope
        begin: int | None = scope.begin if scope.is_timed else line.begin
        end = scope.end if scope.is_timed and scope.end is not None else line.end
        text = "\n".join(part.strip() for part in "".join(line.parts).split("\n")).strip()
        language = parse_language_code(scope.language)
        builder = self.builders.get(language)
        if builder is None:
            builder = self.builders[language] = TrackBuilder(self._problems, self._budget)
        speaker = SPACE.sub(" ", self._agents.get(scope.agent, scope.agent))
        builder.add(begin, end, speaker, text, line=line.number)

    def _read_parameters(self, attribute: Mapping[str, str]) -> None:
        rate = _parse_rate(attribute.get("frameRate"))
        self._frame_rate = rate or 30.0
        numerator, _, denominator = attribute.get("frameRateMultiplier", "1 1").partition(" ")
        top, bottom = _parse_rate(numerator), _parse_rate(denominator)
        if top and bottom:
            self._frame_rate *= top / bottom
        self._tick_rate = _parse_rate(attribute.get("tickRate")) or (self._frame_rate if rate else 1.0)

    def _parse(self, text: str | None) -> int | None:
        """Return a time expression in milliseconds, or None."""
        if text is None:
            return None
        text = text.strip()
        if match := CLOCK.fullmatch(text):
            hours, minutes, seconds, frames = match.groups()
            value = (int(hours or 0) * 60 + int(minutes)) * 60 + float(seconds)
            return seconds_to_ms(value + (int(frames) / self._frame_rate if frames else 0))
        if match := OFFSET.fullmatch(text):
            number = float(match[1])
            units = {
                "h": 3600,
                "m": 60,
                "s": 1,
                "ms": 0.001,
                "f": 1 / self._frame_rate,
                "t": 1 / self._tick_rate,
            }
            return seconds_to_ms(number * units[match[2] or "s"])
        self._problems.add(
            sentence("the time “%(text)s” cannot be read", text=text[:40]), line=self.parser.line
        )
        return None


def _parse_rate(text: str | None) -> float:
    """Return a positive number, or 0."""
    try:
        rate = float(text or 0)
    except ValueError:
        return 0
    return rate if 0 < rate < NUMBER_LIMIT else 0
