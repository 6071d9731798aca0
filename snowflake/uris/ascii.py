"""The characters that headers and URIs may hold: visible ASCII (RFC 5234, appendix B.1)."""

import re

_VISIBLE_ASCII = re.compile(r"[!-~]+")


def is_visible_ascii(text: str) -> bool:
    """Whether a text is of visible ASCII characters alone, at least one, and holds no space."""
    return _VISIBLE_ASCII.fullmatch(text) is not None
