import inspect
import re

import pytest

from snowflake import errors
from snowflake.errors import (
    InvalidClient,
    InvalidToken,
    LinkError,
    LinkMisconfigured,
    LinkUnavailable,
    LoginError,
    MissingToken,
    OAuthError,
    TemporarilyUnavailable,
)

CLASSES = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, errors.SnowflakeError)
]
OAUTH_ERRORS = [value for value in CLASSES if issubclass(value, OAuthError) and value != OAuthError]
LINK_ERRORS = [value for value in CLASSES if issubclass(value, LinkError) and value != LinkError]
LOGIN_ERRORS = [value for value in CLASSES if issubclass(value, LoginError) and value != LoginError]
# What RFC 6749, section 5.2, lets an error_description hold.
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+")


def drawn_tree() -> dict[str, str | None]:
    """Read the drawing at the top of errors.py: each class's name and that of its parent."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        branch = re.match(r" {4}((?:[│ ] {3})*)(?:[├└]── )?([A-Z]\w+)(?: {2,}.*)?$", line)
        if branch:
            depth = (branch.start(2) - 4) // 4
            path = [*path[:depth], branch[2]]
            parents[branch[2]] = path[-2] if depth else None
    return parents


def test_the_tree_drawn_at_the_top_is_complete_and_true() -> None:
    written = {
        value.__name__: None if value is errors.SnowflakeError else value.__bases__[0].__name__
        for value in CLASSES
    }
    assert drawn_tree() == written


@pytest.mark.parametrize("error", OAUTH_ERRORS, ids=lambda error: error.__name__)
def test_an_oauth_error_has_a_code_a_status_and_its_description(error: type[OAuthError]) -> None:
    raised = error("what is wrong")
    assert re.fullmatch(r"[a-z_]+", raised.code)
    assert 400 <= raised.status < 600
    assert str(raised) == raised.description == "what is wrong"
    assert all(DESCRIPTION.fullmatch(raised.description) for _ in raised.headers)


@pytest.mark.parametrize("error", LOGIN_ERRORS, ids=lambda error: error.__name__)
def test_a_login_error_tells_a_person_what_happened_and_what_to_do(error: type[LoginError]) -> None:
    assert error.title
    assert error.explanation.endswith(".")
    assert error.advice.endswith(".")


def test_every_401_names_the_scheme_by_which_to_authenticate() -> None:
    unauthorized = [error("why") for error in OAUTH_ERRORS if error("why").status == 401]
    assert unauthorized
    assert all("WWW-Authenticate" in error.headers for error in unauthorized)


def test_a_client_is_challenged_for_basic() -> None:
    assert InvalidClient("why").headers["WWW-Authenticate"].startswith("Basic ")


def test_a_bad_token_is_named_in_the_challenge_and_a_missing_one_is_not() -> None:
    assert 'error="invalid_token"' in InvalidToken("it is old").headers["WWW-Authenticate"]
    assert "error" not in MissingToken("send one").headers["WWW-Authenticate"]


def test_an_outage_says_in_seconds_when_to_come_back() -> None:
    assert TemporarilyUnavailable("later", 7).headers == {"Retry-After": "7"}


def test_a_start_fault_prints_one_line_per_fault() -> None:
    fault = errors.StartFault(["one", "two"])
    assert fault.faults == ("one", "two")
    assert str(fault) == "one\ntwo"


@pytest.mark.parametrize("error", LINK_ERRORS, ids=lambda error: error.__name__)
def test_a_link_error_says_what_happened_and_what_to_do(error: type[LinkError]) -> None:
    raised = error("Example Society", "for the log")
    for words in (raised.title, raised.explanation, raised.advice):
        assert "{" not in words.format(side=raised.side)
    assert raised.title.format(side="x")[0].isupper() or raised.title.startswith("{side}")
    assert raised.explanation.endswith(".")
    assert raised.advice.endswith(".")
    assert "for the log" not in str(raised)


def test_nobody_is_told_that_nothing_was_changed_where_that_is_not_known() -> None:
    # Discord's answer may have been lost, or the store have failed after it.
    for advice in (LinkUnavailable.advice, LinkMisconfigured.advice):
        assert "Nothing" not in advice
    assert "no harm" in LinkUnavailable.advice
