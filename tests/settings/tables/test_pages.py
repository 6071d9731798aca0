import base64

import pytest
from pydantic import ValidationError

from snowflake.settings.tables.pages import MAX_LOGO, PagesTable, picture

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(9), "image/jpeg"),
        (b"GIF89a" + bytes(9), "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<svg/>".replace(b"/", b" /"), "image/svg+xml"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- an owl -->\n<svg>", "image/svg+xml"),
        (b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">\n<svg>', "image/svg+xml"),
    ],
)
def test_a_picture_is_what_is_in_it(content: bytes, kind: str) -> None:
    url = picture(content)
    head, _, encoded = url.partition(";base64,")
    assert head == f"data:{kind}"
    assert base64.b64decode(encoded) == content
    assert PagesTable(logo=url).logo == url


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><svg>",
        b"<script>",
        b"\xff\xfe<",
        b"RIFF1234WAVE",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>',
    ],
)
def test_anything_else_is_none(content: bytes) -> None:
    with pytest.raises(ValueError, match="must be a PNG, JPEG, GIF, WebP or SVG picture"):
        picture(content)


def test_a_picture_that_every_page_carries_is_small() -> None:
    assert picture(PNG.ljust(MAX_LOGO, b"\0"))
    with pytest.raises(ValueError, match="at most 65536 bytes"):
        picture(PNG.ljust(MAX_LOGO + 1, b"\0"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", ""),
        ("name", " "),
        ("name", "two\nlines"),
        ("name", "turned \u202e around"),
        ("name", "n" * 101),
        ("logo", "http://example.com/owl.svg"),
        ("logo", "https://example.com;script-src 'unsafe-inline'/"),
        ("logo", "https://a;b/owl.svg"),
        ("logo", "https://example.com/owl.svg#part"),
        ("logo", "data:text/html;base64,PHNjcmlwdD4="),
        ("logo", "data:image/png,abc"),
        ("contact", "help"),
        ("contact", "help@exa mple.com"),
        ("contact", "help@example.com?cc=evil@example.com"),
        ("contact", "javascript:alert(1)"),
        ("contact", "http://example.com/"),
        ("contact", "help@-"),
        ("accent", "red"),
        ("accent", "#12345"),
        ("accent", "#fff; } body { display: none"),
    ],
)
def test_what_could_break_a_page_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValidationError):
        PagesTable.model_validate({key: value})


def test_what_is_usual_will_do() -> None:
    pages = PagesTable(
        name="مرحبا & <Birds>",
        logo="https://example.com/o.png",
        contact="a.b+c@d.org",
        accent="#FC0",
    )
    assert pages.accent == "#fc0"
