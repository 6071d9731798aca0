"""Words that pages have, and words that they don't."""

import inspect
import re
from dataclasses import astuple
from importlib.resources import files

import pytest

from snowflake import errors
from snowflake.errors import InvalidRequest, LinkError, LoginError
from snowflake.web import end_session
from snowflake.web.errors import oauth_error
from snowflake.web.messages import _FOR_PEOPLE
from tests.running import Snowflake
from tests.web.test_errors import request_to

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, LoginError | LinkError) and kind not in {LoginError, LinkError}
]
TEMPLATES = ("page.html", "message.html", "denial.html", "linked.html", "unlinking.html")
TEXTS = [
    *(text for kind in KINDS for text in (kind.title, kind.explanation, kind.advice)),
    *(text for texts in _FOR_PEOPLE.values() for text in texts),
    *astuple(end_session.SIGNED_OUT),
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_people_came_for_is_a_service(text: str) -> None:
    assert "application" not in text.lower()
    assert ".." not in text


@pytest.mark.parametrize("text", [text for text in TEXTS if "{side}" in text])
def test_no_sentence_ends_with_a_name_that_may_end_with_a_full_stop(text: str) -> None:
    shown = text.format(side="Acme Inc.")
    assert not re.search(r"\.\s*\.", shown)


@pytest.mark.parametrize("template", TEMPLATES)
def test_nor_does_one_on_a_page(template: str) -> None:
    text = (files("snowflake.web") / "templates" / template).read_text("utf-8")
    assert not re.search(r"</bdi>(</\w+>)*\.", text)
    words = re.sub(r"\{[{%].*?[%}]\}|<[^>]*>", "", text)
    assert "application" not in words.lower()


async def test_a_reason_that_is_a_sentence_ends_once() -> None:
    page = bytes((await oauth_error(request_to("/authorize"), InvalidRequest("it is.."))).body)
    assert b"The reason: it is.</p>" in page


@pytest.mark.parametrize("path", ["/authorize", "/callback", "/r/x", "/nowhere", "/logout"])
async def test_pages_speak_of_services(snowflake: Snowflake, path: str) -> None:
    page = (await snowflake.browser.get(path)).text
    shown = re.sub("<style>.*</style>", "", page, flags=re.DOTALL)
    assert "application" not in shown.lower()


async def test_only_what_failed_has_a_reference(snowflake: Snowflake) -> None:
    out = await snowflake.browser.get("/logout")
    assert "You have signed out" in out.text
    assert "Reference" not in out.text
    assert "Reference" in (await snowflake.browser.get("/nowhere")).text
