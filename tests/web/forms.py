"""The forms of pages."""

import re
from html import unescape

import httpx


def form_in(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Answer where the form of a page goes, and its hidden fields."""
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    assert action is not None
    return action[1], {name: unescape(value) for name, value in fields}
