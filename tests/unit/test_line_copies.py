"""Lines of several files of a session are found once, from the best one."""

from __future__ import annotations

from sessions_app.queries.found_lines import FoundChunk, TextFile
from sessions_app.queries.line_copies import remove_copies


def found(path: str, lines: str, *, language: str = "", role: str = "", number: int = 0) -> FoundChunk:
    """Return a chunk of lines between slashes, all of which match."""
    folded = "\n".join(f" {line} " for line in lines.split("/"))
    ends = [at for at, character in enumerate(folded) if character == "\n"] + [len(folded)]
    file = TextFile(1, 1, path, "translations", language, role)
    return FoundChunk(file, 1 << 20 | number, number, language, folded.encode(), ends)


def list_different(*chunks: FoundChunk) -> list[tuple[str, str]]:
    by_file: dict[TextFile, list[FoundChunk]] = {}
    for chunk in chunks:
        by_file.setdefault(chunk.file, []).append(chunk)
    return [
        (file.path, line.decode().strip())
        for file, rest in remove_copies(by_file).items()
        for chunk in rest
        for line in chunk.list_lines()
    ]


def test_a_line_is_a_copy_of_one_in_the_same_or_an_unknown_language():
    best = found("best", "yes/no", language="pt-BR", role="translation")
    unknown = found("copy", "no/maybe")
    others = found("other", "yes/no", language="it"), found("spelling", "yes", language="pt_br")

    assert list_different(*others, unknown, best) == [
        *(("best", "yes"), ("best", "no")),
        ("copy", "maybe"),
        *(("other", "yes"), ("other", "no")),
    ]


def test_a_bilingual_line_is_a_copy_if_a_better_file_has_it_or_a_part_at_its_number():
    best = found("best", "yes/yes/no", language="en", role="translation")
    later = found("best", "yes", language="en", role="translation", number=256)
    lines = "yes si/si yes/yes vino/no/yesterday ayer"
    both = found("both", lines, language="es", role="bilingual")
    both_later = found("both", "yes si/yes si", language="es", role="bilingual", number=256)

    different = list_different(both, both_later, best, later)

    assert [line for path, line in different if path == "both"] == ["yes vino", "yesterday ayer", "yes si"]


def test_a_copy_has_the_parts_of_bilingual_lines_too():
    edited = found("edited", "intro/yes", language="en", role="translation")
    earlier = found("earlier", "yes", language="en")
    both = found("both", "yes si", language="es", role="bilingual")

    assert list_different(both, earlier, edited) == [("edited", "intro"), ("edited", "yes")]
