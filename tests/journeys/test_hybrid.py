"""Tokens of the authorization endpoint over HTTP: with two workers, and asked for in odd ways."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.relying_party import RelyingParty, Secrets, error_of, tokens_of
from tests.journeys.world import ADA, CALLBACK, World, world
from tests.oidc.response_types.answers import answered
from tests.store.places import ENGINES, SECRET, place_on

TYPES = 'response_types = ["code", "id_token", "code id_token token"]'
#: Logins until hardly any worker has answered all of a kind: each begins with a connection anew.
TIMES = 6
EVIL = "https://evil.example.com/callback"
#: As they stand in a query.
ODD = {
    "nothing": "",
    "a space": "%20",
    "one of other letters": "ID_TOKEN",
    "a look-alike": quote("\u0456d_token"),
    "one twice": "id_token%20id_token",
    "a tab between": "code%09id_token",
    "NUL": "id_token%00",
    "a line": "form_post%0d%0aLocation:%20https://evil.example.com",
    "no UTF-8": "%ff%fe",
    "half a pair": "%ed%a0%80",
    "huge": "x" * 6000,
    "many words": "%20".join(["code", "token", "id_token"] * 300),
    "markup": quote('"><script>alert(1)</script>'),
    "of another standard": "query.jwt",
}


@contextmanager
def members(engine: str, directory: Path, *options: str) -> Iterator[World]:
    """Run a Snowflake at which one client may ask for tokens."""
    place = place_on(engine, directory)
    settings = {"SNOWFLAKE_DATABASE_URL": place.url, "SNOWFLAKE_SECRET_KEY": SECRET.decode()}
    with world(directory, settings, *options, file=client("members", TYPES)) as running:
        yield running


@pytest.fixture(params=ENGINES)
def working(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with members(request.param, tmp_path, "--workers", "2") as running:
        yield running


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with members("sqlite", tmp_path_factory.mktemp("odd")) as running:
        yield running


@pytest.fixture(scope="module")
def signed_in(there: World) -> Iterator[Browser]:
    """A browser whose person need not be asked for anything any more."""
    with Browser() as browser:
        browser.sign_in(there.client("members").begin(Secrets()), ADA)
        yield browser


def takes(party: RelyingParty, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return party.http.get(f"{party.issuer}/userinfo", headers=headers).status_code == 200


def test_whichever_worker_is_asked_a_hybrid_login_is_one(working: World) -> None:
    for _ in range(TIMES):
        login = Secrets()
        # Connections of their own, which any worker takes.
        with Browser() as browser, Browser() as server:
            party = replace(working.client("members"), http=server.http)
            begins = party.begin(login, response_type="code id_token token")
            _, _, sent = answered(browser.allow(browser.open(begins), ADA))
            assert takes(party, sent["access_token"])
            later = tokens_of(party.redeem(login, sent["code"]))
            claims = party.claims(later)
            before = party.claims({**sent, "expires_in": int(sent["expires_in"])})
            assert before["c_hash"]
            for name in ("iss", "sub", "sid", "auth_time", "nonce"):
                assert before[name] == claims[name]
            # A code that comes again ends what has come of it, at the front too.
            assert error_of(party.redeem(login, sent["code"]), 400) == "invalid_grant"
            assert not takes(party, sent["access_token"])
            assert not takes(party, later["access_token"])
            log = working.snowflake.log
            assert not [name for name in ("code", "access_token", "id_token") if sent[name] in log]


def asked(browser: Browser, there: World, query: str) -> list[httpx.Response]:
    """Ask by both methods for something that a session would answer."""
    login = "client_id=members&scope=openid&nonce=n&state=s&prompt=none"
    url, query = f"{there.snowflake.origin}/authorize", f"{login}&{query}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return [
        browser.http.get(f"{url}?{query}"),
        browser.http.post(url, content=query, headers=form),
    ]


def assert_nothing_told(response: httpx.Response) -> None:
    """See that an answer is an error, for the application or for the person alone."""
    assert response.status_code in {200, 302, 400, 414}, response.text
    assert "evil" not in str(response.headers)
    assert "<script>alert" not in response.text
    if response.status_code in {200, 302}:
        _, place, sent = answered(response)
        assert place == CALLBACK
        assert sent["error"]
        assert not sent.keys() & {"code", "id_token", "access_token"}


def test_a_session_would_answer_at_once(there: World, signed_in: Browser) -> None:
    query = f"redirect_uri={quote(CALLBACK)}&response_type=id_token&response_mode=form_post"
    for response in asked(signed_in, there, query):
        mode, place, sent = answered(response)
        assert (mode, place) == ("form_post", CALLBACK)
        assert sent.keys() == {"id_token", "state", "iss"}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_asked_for_in_odd_ways_is_told_to_nobody(
    there: World, signed_in: Browser, odd: str
) -> None:
    to = f"redirect_uri={quote(CALLBACK)}"
    for query in (
        f"{to}&response_type={odd or '%20'}",
        f"{to}&response_type=id_token&response_mode={odd or '%20'}",
        f"{to}&response_type={odd or '%20'}&response_mode={odd or '%20'}",
        f"{to}&response_type=id_token&response_type={odd}&response_mode=form_post",
        f"{to}&response_type=id_token&response_mode=form_post&response_mode={odd}",
        f"{to}&response_type=id_token&response_mode=form_post&redirect_uri={odd}",
        f"redirect_uri={odd}&response_type=id_token&response_mode=form_post",
    ):
        for response in asked(signed_in, there, query):
            assert_nothing_told(response)


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
@pytest.mark.parametrize(
    "uri",
    [EVIL, "javascript:alert(1)", f"{CALLBACK}/", f"{CALLBACK}#x", f"{CALLBACK}?x=1", "data:,x"],
)
def test_no_mode_answers_at_an_address_that_is_not_registered(
    there: World, signed_in: Browser, mode: str, uri: str
) -> None:
    query = f"redirect_uri={quote(uri, safe='')}&response_type=id_token&response_mode={mode}"
    for response in asked(signed_in, there, query):
        assert response.status_code == 400
        assert "location" not in response.headers
        assert "<form" not in response.text
