"""Response modes: in the query, in the fragment, in a form that is posted."""

from collections.abc import AsyncIterator
from html import escape

import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients.responses import RESPONSE_TYPES
from tests.login import APPLICATION
from tests.oidc.response_types.answers import answered, any_with, asked, came
from tests.oidc.signed_in import AS_GRAFANA, WIKI, keeping_sessions, tokens_for
from tests.running import ORIGIN, Clock, Discord, Snowflake

#: An app, an address with a query, and one that is neither.
APP, WITH_QUERY = "com.example.app:/callback", "https://app.example.com/callback?a=b&c"
EVERYWHERE = any_with(redirect_uris=(APPLICATION, APP, WITH_QUERY))
#: What a page must not take for its own.
HOSTILE = "\"><script>alert(1)</script>'&amp;\u00fc {{ 7 * 7 }}"


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    async with keeping_sessions(settings, clock, discord, EVERYWHERE, WIKI) as snowflake:
        yield snowflake


@pytest.mark.parametrize("mode", ["fragment", "form_post"])
@pytest.mark.parametrize("response_type", RESPONSE_TYPES)
async def test_each_type_is_answered_in_each_mode_that_is_asked_for(
    snowflake: Snowflake, response_type: str, mode: str
) -> None:
    response = await came(snowflake.browser, response_type=response_type, response_mode=mode)
    told, place, sent = answered(response)
    assert (told, place) == (mode, APPLICATION)
    assert sent["state"] == "the application's state"
    assert sent["iss"] == ORIGIN
    if "code" in sent:
        await tokens_for(snowflake.browser, AS_GRAFANA, sent["code"])


@pytest.mark.parametrize("response_type", [one for one in RESPONSE_TYPES if one != "code"])
async def test_no_token_stands_in_a_query(snowflake: Snowflake, response_type: str) -> None:
    response = await asked(snowflake.browser, response_type=response_type, response_mode="query")
    mode, _, sent = answered(response)
    assert (mode, sent["error"]) == ("fragment", "invalid_request")


@pytest.mark.parametrize("mode", ["", "Query", "web_message", "query.jwt", "form_post fragment"])
async def test_an_unknown_mode_is_told_in_the_default_one(snowflake: Snowflake, mode: str) -> None:
    for response_type, default in (("code", "query"), ("id_token", "fragment")):
        response = await asked(
            snowflake.browser, response_type=response_type, response_mode=mode or "\u0020"
        )
        told, _, sent = answered(response)
        assert (told, sent["error"]) == (default, "invalid_request")


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_type": "co\tde"}, "invalid_request"),
        ({"state": "x" * 5000}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "nonsense"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"request": "x"}, "request_not_supported"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
    ids=[
        "no type",
        "type",
        "unreadable type",
        "state",
        "scope",
        "none",
        "prompt",
        "max_age",
        "request",
        "challenge",
    ],
)
async def test_errors_go_the_way_of_the_answer(
    snowflake: Snowflake, mode: str, wrong: dict[str, str | None], error: str
) -> None:
    response = await asked(snowflake.browser, response_mode=mode, **wrong)
    told, place, sent = answered(response)
    assert (told, place, sent["error"]) == (mode, APPLICATION, error)
    assert sent["iss"] == ORIGIN


async def test_a_query_of_the_redirect_uri_stays(snowflake: Snowflake) -> None:
    changes = {"redirect_uri": WITH_QUERY, "response_type": "id_token"}
    _, place, _ = answered(await came(snowflake.browser, **changes))
    assert place == WITH_QUERY
    posted = await came(snowflake.browser, **changes, response_mode="form_post")
    assert answered(posted)[1] == WITH_QUERY


async def test_nothing_is_posted_to_an_app(snowflake: Snowflake) -> None:
    changes = {"redirect_uri": APP, "response_type": "id_token"}
    response = await asked(snowflake.browser, **changes, response_mode="form_post")
    assert answered(response)[2]["error"] == "invalid_request"
    _, place, sent = answered(await came(snowflake.browser, **changes))
    assert place == APP
    assert sent["id_token"]


async def test_the_page_takes_nothing_for_its_own_words(snowflake: Snowflake) -> None:
    response = await came(snowflake.browser, response_mode="form_post", state=HOSTILE)
    assert answered(response)[2]["state"] == HOSTILE
    assert "<script>alert" not in response.text
    assert escape(HOSTILE, quote=False) not in response.text


async def test_the_page_is_for_one_person_and_for_one_application(snowflake: Snowflake) -> None:
    response = await came(snowflake.browser, response_mode="form_post")
    headers = response.headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "origin"
    policy = headers["content-security-policy"]
    assert "frame-ancestors https://app.example.com;" in f"{policy};"
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    # It comes with what a login leaves in the browser.
    assert "session" in headers["set-cookie"]


async def test_by_a_session_the_page_comes_at_once(snowflake: Snowflake) -> None:
    await came(snowflake.browser, response_type="code")
    silent = await asked(
        snowflake.browser, response_type="id_token", response_mode="form_post", prompt="none"
    )
    mode, _, sent = answered(silent)
    assert mode == "form_post"
    assert sent["id_token"]


async def test_only_the_modes_of_a_client_answer_it(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    posting = any_with(response_modes=("form_post",))
    async with keeping_sessions(settings, clock, discord, posting) as snowflake:
        for mode in (None, "query", "fragment"):
            response = await asked(snowflake.browser, response_type="code", response_mode=mode)
            assert answered(response)[2]["error"] == "invalid_request"
        response = await came(snowflake.browser, response_type="code", response_mode="form_post")
        assert answered(response)[0] == "form_post"


async def test_a_refusal_page_leads_back_by_a_form(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    gated = any_with(access=AccessTable(any_guild=("1",)))
    async with keeping_sessions(settings, clock, discord, gated) as snowflake:
        response = await came(snowflake.browser, response_type="code", response_mode="form_post")
        assert response.status_code == 403
        assert "form-action 'none'" not in response.headers["content-security-policy"]
        assert f'<form method="post" action="{APPLICATION}">' in response.text
        assert 'name="error" value="access_denied"' in response.text
        linked = await came(snowflake.browser, response_type="id_token")
        assert f'href="{APPLICATION}#error=access_denied' in linked.text


async def test_a_discord_application_has_codes_in_queries_and_nothing_else(
    snowflake: Snowflake,
) -> None:
    for change in ({"response_type": "id_token"}, {"response_mode": "fragment"}):
        response = await asked(snowflake.browser, client_id="1056005449054429204", **change)
        assert response.status_code == 400
        assert "location" not in response.headers


async def test_discovery_lists_what_some_client_may_use(
    settings: Settings, clock: Clock, discord: Discord, snowflake: Snowflake
) -> None:
    where = "/.well-known/openid-configuration"
    document = (await snowflake.browser.get(where)).json()
    assert document["response_types_supported"] == list(RESPONSE_TYPES)
    assert document["response_modes_supported"] == ["query", "fragment", "form_post"]
    assert document["grant_types_supported"] == [
        "authorization_code",
        "refresh_token",
        "implicit",
    ]
    async with keeping_sessions(settings, clock, discord, WIKI) as plain:
        document = (await plain.browser.get(where)).json()
    assert document["response_types_supported"] == ["code"]
    assert "implicit" not in document["grant_types_supported"]
