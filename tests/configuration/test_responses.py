"""``response_types``, ``response_modes`` and ``grant_types``."""

import pytest

from snowflake.settings.tables.clients.responses import DEVICE_CODE
from tests.configuration.conftest import APPLICATION, Faults, Load
from tests.configuration.test_loading import CLIENT

WITH_SECRET = f'{APPLICATION}{CLIENT}secret = "s"\n'
APP = WITH_SECRET.replace("https://g.example.com/cb", "com.example.app:/cb")


def test_by_default_a_client_has_codes_and_refresh_tokens(load: Load) -> None:
    [client] = load(WITH_SECRET).clients
    assert client.requestable == ("code",)
    assert client.response_modes is None
    assert client.grant_types == ("authorization_code", "refresh_token")


def test_the_order_of_words_is_free(load: Load) -> None:
    types = '["token id_token", "code token id_token", "id_token code"]'
    [client] = load(f"{WITH_SECRET}response_types = {types}").clients
    assert client.response_types == ("id_token token", "code id_token token", "code id_token")


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('response_types = ["token"]', "must be one of code, id_token"),
        ('response_types = ["code code"]', "must be one of code, id_token"),
        ("response_types = []", "must have at least one"),
        ("response_modes = []", "must have at least one"),
        ('response_modes = ["web_message"]', "must be 'query', 'fragment' or 'form_post'"),
        (
            'response_types = ["id_token"]\nresponse_modes = ["query"]',
            "query is for the response type code alone",
        ),
        (
            'response_types = ["code", "id_token"]\nresponse_modes = ["query"]',
            "tokens need fragment or form_post",
        ),
        (
            'grant_types = ["refresh_token"]\nresponse_types = ["code"]',
            "response_types with code need authorization_code",
        ),
        ('grant_types = ["refresh_token"]', "by these alone it would get nothing"),
        ("grant_types = []", "by these alone it would get nothing"),
        (
            'grant_types = ["client_credentials"]',
            "has redirect_uris, which its grant_types do not need",
        ),
        ('grant_types = ["password"]', "must be 'authorization_code', 'refresh_token', "),
    ],
)
def test_what_cannot_be_is_told_at_the_start(faults: Faults, lines: str, fault: str) -> None:
    [told] = faults(WITH_SECRET + lines)
    assert "grafana" in told
    assert fault in told


MACHINE = f'{APPLICATION}[[clients]]\nid = "grafana"\n'


@pytest.mark.parametrize("grant_type", ["client_credentials", DEVICE_CODE])
def test_a_client_without_a_browser_needs_no_redirect_uris(load: Load, grant_type: str) -> None:
    lines = f'{MACHINE}secret = "s"\ngrant_types = ["{grant_type}"]'
    [client] = load(lines).clients
    assert client.redirect_uris == ()
    assert client.requestable == ()


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('secret = "s"', "needs redirect_uris, to which people are led back"),
        (
            'secret = "s"\ngrant_types = ["authorization_code", "client_credentials"]',
            "needs redirect_uris, to which people are led back",
        ),
        (
            'public = true\ngrant_types = ["client_credentials"]',
            "client_credentials is for clients that prove who they are",
        ),
        ('grant_types = ["client_credentials"]', "needs a secret or a secret_file"),
    ],
)
def test_what_a_client_lacks_is_told_at_the_start(faults: Faults, lines: str, fault: str) -> None:
    [told] = faults(MACHINE + lines)
    assert "grafana" in told
    assert fault in told


def test_no_form_is_posted_to_an_app(faults: Faults) -> None:
    [told] = faults(f'{APP}response_modes = ["form_post"]')
    assert "nothing is posted to an app" in told


def test_access_tokens_at_the_front_need_sessions(faults: Faults) -> None:
    lines = 'response_types = ["id_token token"]'
    [told] = faults(f"session_lifetime = 0\n{WITH_SECRET}{lines}")
    assert "token needs sessions, and session_lifetime is 0" in told
