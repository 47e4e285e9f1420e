from __future__ import annotations

from uuid import UUID

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse

from sessions_app.templatetags.page_urls import find_pattern

CODE = UUID("0b3f6a0e-7d4f-4b0a-9b55-1c2d3e4f5a6b")
LINKS: dict[str, tuple[object, ...]] = {
    "session-list": (),
    "session-detail": (CODE,),
    "version-detail": (CODE, 12),
    "version-file": (CODE, 3, "audio/hi voice & 100%/ü+?#.wav"),
    "share-page": ("a~b-c_d",),
}
UNUSUAL: dict[str, tuple[object, ...]] = {
    "admin:index": (),
    "session-detail": (str(CODE),),
    "version-detail": (CODE, "12"),
    "version-file": (CODE, 3, "/evil.example/a"),
}


def render(
    name: str,
    arguments: tuple[object, ...],
    *,
    script: str = "",
    autoescape: bool = False,
    tag: str = "{{% url '{name}' {names} %}}",
) -> str:
    names = " ".join(f"a{number}" for number in range(len(arguments)))
    values = {f"a{number}": argument for number, argument in enumerate(arguments)}
    context = Context(values, autoescape=autoescape)
    context.request = RequestFactory().get("/", SCRIPT_NAME=script)  # type: ignore[attr-defined]  # set by RequestContext
    return Template(tag.format(name=name, names=names)).render(context)


@pytest.mark.parametrize("name", LINKS)
def test_a_link_is_what_reverse_returns_without_calling_it(name, monkeypatch):
    expected = reverse(name, args=LINKS[name])
    find_pattern(name, len(LINKS[name]))
    monkeypatch.setattr("django.urls.reverse", None)

    assert render(name, LINKS[name]) == expected
    assert render(name, LINKS[name], script="/portal") == f"/portal{expected}"
    named = "{{% url '{name}' {names} as link %}}{{{{ link }}}}"
    assert render(name, LINKS[name], tag=named) == expected


def test_a_link_is_escaped():
    assert "&amp;" in render("version-file", LINKS["version-file"], autoescape=True)


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_links_are_what_reverse_returns(name):
    assert render(name, UNUSUAL[name]) == reverse(name, args=UNUSUAL[name])


@pytest.mark.parametrize("arguments", [("",), ("a/b",), ()])
def test_arguments_that_no_pattern_accepts(arguments):
    with pytest.raises(NoReverseMatch):
        render("share-page", arguments)
