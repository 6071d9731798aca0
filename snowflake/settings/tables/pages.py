"""``[pages]``: what the pages that people see look like, and whom they name."""

import base64
import binascii
import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from snowflake.settings.tables.table import Table
from snowflake.settings.values import check_line, check_url
from snowflake.uris.hosts import is_host_name

#: Bytes of a logo, which every page carries.
MAX_LOGO: Final = 65_536
#: What a ``data:`` URL of ours begins with, and ends its type with (RFC 2397).
DATA: Final = "data:"
BASE64: Final = ";base64,"

_ACCENT = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
# Enough of RFC 5322 for an address that a link may hold.
_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@(?P<host>[A-Za-z0-9.-]{1,253})")
_SVG = re.compile(r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*>\s*)*<svg[\s>]", re.DOTALL)
#: How a picture begins -> its type. An SVG is told by its text.
_BEGINNINGS: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def picture(content: bytes) -> str:
    """Answer a picture as a ``data:`` URL, its type by what is in it.

    Shown as a picture, an SVG runs no script and fetches nothing, whatever it holds.

    Raises:
        ValueError: it is none, or too large.
    """
    if len(content) > MAX_LOGO:
        raise ValueError(f"must have at most {MAX_LOGO} bytes, for every page carries it")
    return f"{DATA}{_type_of(content)}{BASE64}{base64.b64encode(content).decode()}"


def _type_of(content: bytes) -> str:
    for beginning, kind in _BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if not _SVG.match(text):
        raise ValueError("must be a PNG, JPEG, GIF, WebP or SVG picture")
    return "image/svg+xml"


def _logo(logo: str) -> str:
    if logo.startswith(DATA):
        try:
            return picture(base64.b64decode(logo.partition(BASE64)[2], validate=True))
        except binascii.Error:
            raise ValueError("must be a file or an https:// URL") from None
    return _https(logo)


def _contact(contact: str) -> str:
    address = _ADDRESS.fullmatch(contact)
    if address is not None and is_host_name(address["host"]):
        return contact
    try:
        return _https(contact)
    except ValueError:
        raise ValueError("must be an e-mail address or an https:// URL") from None


def _https(text: str) -> str:
    url = check_url(text)
    # A host that is none could end the policy of a page and begin another.
    if not url.startswith("https://") or not is_host_name(urlsplit(url).hostname or ""):
        raise ValueError("must begin with https:// and a host name")
    return url


def _accent(colour: str) -> str:
    if not _ACCENT.fullmatch(colour):
        raise ValueError("must be a colour such as #2b5fb8")
    return colour.lower()


class PagesTable(Table):
    """The pages that people see, as the operator would have them."""

    name: Annotated[str, Field(max_length=100), AfterValidator(check_line)] | None = Field(
        default=None,
        description="What people know the sign-in service by. It stands on pages and in titles.",
    )
    logo: Annotated[str, AfterValidator(_logo)] | None = Field(
        default=None,
        description=(
            "A picture beside it: a file (PNG, JPEG, GIF, WebP or SVG, at most 64 KiB, its path "
            "relative to the configuration file), or an `https://` URL."
        ),
    )
    contact: Annotated[str, AfterValidator(_contact)] | None = Field(
        default=None,
        description="Where to ask for help: an e-mail address or an `https://` URL.",
    )
    accent: Annotated[str, AfterValidator(_accent)] | None = Field(
        default=None,
        description=(
            "Colour of links and buttons, such as `#2b5fb8`. It is made darker or lighter as far "
            "as reading by day and by night needs it."
        ),
    )
