"""Fonts that pages preload."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.templatetags.static import static
from django.test import RequestFactory

from sessions_app.http.fonts import list_fonts, preload_fonts

HINDI = "नदी"


@pytest.mark.parametrize(
    ("body", "fonts"),
    [
        (f"<p>{HINDI} שלום</p>", ["devanagari", "hebrew"]),
        (f'<input type="text" name="q" value="{HINDI}">', ["devanagari"]),
        (f"<option selected>{HINDI}</option>", ["devanagari"]),
        (f"<details><summary>{HINDI}</summary>text</details>", ["devanagari"]),
        (f"<details open><summary>text</summary>{HINDI}</details>", ["devanagari"]),
        (f"<details><summary>text</summary>{HINDI}</details>", []),
        (f'<p title="{HINDI}">text</p><option>{HINDI}</option><dialog>{HINDI}</dialog>', []),
        (f'<input type="hidden" value="{HINDI}"><script>"{HINDI}"</script>', []),
        ("<p>Größe “x”</p>", []),
    ],
)
def test_fonts_of_the_text_that_is_shown(body: str, fonts: list[str]):
    assert list_fonts(body) == fonts


@pytest.mark.parametrize(
    ("content", "content_type", "is_changed"),
    [
        (f"<head></head><body>{HINDI}</body>", "text/html", True),
        (f"<head><title>{HINDI}</title></head><body>text</body>", "text/html", False),
        (f"<li>{HINDI}</li>", "text/html", False),
        (f"<head></head><body>{HINDI}</body>", "text/plain", False),
    ],
)
def test_pages_get_links(content, content_type, is_changed):
    page = preload_fonts(lambda _: HttpResponse(content, content_type=content_type))
    response = page(RequestFactory().get("/"))
    assert isinstance(response, HttpResponse)
    address = static("dist/devanagari.woff2")
    link = f'<link rel="preload" href="{address}" as="font" type="font/woff2" crossorigin>'

    expected = content.replace("</head>", f"{link}</head>") if is_changed else content
    assert response.content.decode() == expected
