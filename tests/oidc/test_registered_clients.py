"""Registered clients: what differs from a Discord application, from start to end."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import httpx
import pytest
from pydantic import SecretStr

from snowflake.crypto.secret_hashes import SecretHashes
from snowflake.errors import DiscordDown
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from snowflake.state.client_reputation import REFUSED_FOR
from snowflake.state.limiter import SPENT_FOR
from snowflake.state.quota import UNPROVEN
from snowflake.store.attempts import WINDOW
from tests.login import (
    APPLICATION,
    AUTHORIZATION_REQUEST,
    Json,
    ask,
    code_for,
    come_back,
    depart,
    login,
    query_of,
    read_token,
    redeem,
    sign_in,
)
from tests.quotas import allow
from tests.running import ORIGIN, TOKENS, USER, Clock, Discord, Snowflake, running

APPLICATION_ID, APPLICATION_SECRET = "1056005449054429299", "the secret of our own application"
CLIENT_ID, CLIENT_SECRET = "grafana", "a secret with : and % and ü"
BROWSER_APP = "https://browser.example.com/callback"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
CHALLENGE = "y5UF_tmp_ICTDGza-Ou2vUvx2cu7DBN-Xwf_z0RDfTw"
CONFIDENTIAL = ClientTable(
    id=CLIENT_ID,
    name="Grafana",
    secret=SecretStr(CLIENT_SECRET),
    redirect_uris=(APPLICATION, r"regex:https://.*\.preview\.example\.com/callback"),
    post_logout_redirect_uris=("https://app.example.com/goodbye",),
)
PUBLIC = ClientTable(id="browser", public=True, redirect_uris=(BROWSER_APP,))

with_secret = partial(redeem, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)


def registering(settings: Settings, *clients: ClientTable, **changes: object) -> Settings:
    """Register clients, without sessions: what each login is without one. Others have their own."""
    return settings.model_copy(
        update={
            "session_lifetime": timedelta(0),
            "discord_client_id": APPLICATION_ID,
            "discord_client_secret": SecretStr(APPLICATION_SECRET),
            "clients": clients,
            **changes,
        }
    )


@pytest.fixture
async def registered(
    settings: Settings, clock: Clock, discord: Discord
) -> AsyncIterator[Snowflake]:
    """Run a Snowflake with a confidential and a public client."""
    async with running(registering(settings, CONFIDENTIAL, PUBLIC), clock, discord) as snowflake:
        yield snowflake


def form_of(request: httpx.Request) -> dict[str, str]:
    return query_of(f"?{request.content.decode()}")


async def test_discord_knows_our_own_application_and_one_redirect_uri(
    registered: Snowflake,
) -> None:
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    sent = query_of(departure.location)
    assert sent["client_id"] == APPLICATION_ID
    assert sent["redirect_uri"] == f"{ORIGIN}/callback"
    assert CLIENT_ID not in departure.location


BASIC = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({"Authorization": f"Basic {BASIC}"}, {"client_id": None, "client_secret": None}),
        ({}, {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}),
    ],
    ids=["basic", "post"],
)
async def test_a_login_with_each_way_to_authenticate(
    registered: Snowflake, headers: dict[str, str], form: dict[str, str | None]
) -> None:
    code = await code_for(registered.browser, client_id=CLIENT_ID)
    tokens = (await redeem(registered.browser, code, headers, **form)).json()
    claims = read_token(registered, tokens["id_token"])
    assert claims["aud"] == CLIENT_ID
    assert claims["sub"] == USER["id"]


async def test_discord_is_shown_our_own_secret_and_asked_before_the_application_comes(
    registered: Snowflake,
) -> None:
    code = await code_for(registered.browser, client_id=CLIENT_ID)
    sent = form_of(registered.discord.token.calls.last.request)
    assert (sent["client_id"], sent["client_secret"]) == (APPLICATION_ID, APPLICATION_SECRET)
    asked = len(registered.discord.calls)
    assert (await with_secret(registered.browser, code)).status_code == 200
    assert len(registered.discord.calls) == asked


async def test_a_public_client_must_use_pkce(registered: Snowflake) -> None:
    request = {"client_id": "browser", "redirect_uri": BROWSER_APP}
    refused = await ask(registered.browser, **request)
    assert query_of(refused.headers["location"])["error"] == "invalid_request"
    challenge = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    code = await code_for(registered.browser, **request, **challenge)
    form = {"client_id": "browser", "client_secret": None, "redirect_uri": BROWSER_APP}
    assert (await redeem(registered.browser, code, **form)).status_code == 400
    answer = await redeem(registered.browser, code, **form, code_verifier=VERIFIER)
    assert answer.status_code == 200
    with_one = await redeem(registered.browser, code, **{**form, "client_secret": "x"})
    assert with_one.status_code == 401


@pytest.mark.parametrize("secret", [None, "", "wrong", CLIENT_SECRET + "!"])
async def test_a_wrong_secret_is_refused_here_and_burns_nothing(
    registered: Snowflake, secret: str | None
) -> None:
    code = await code_for(registered.browser, client_id=CLIENT_ID)
    asked = len(registered.discord.calls)
    answer = await redeem(registered.browser, code, client_id=CLIENT_ID, client_secret=secret)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert len(registered.discord.calls) == asked
    assert (await with_secret(registered.browser, code)).status_code == 200


async def test_many_wrong_secrets_do_not_stop_the_client_that_is_known(
    registered: Snowflake,
) -> None:
    assert (await with_secret(registered.browser, "x")).json()["error"] == "invalid_grant"
    wrong = [
        (await redeem(registered.browser, "x", client_id=CLIENT_ID, client_secret=f"{n}"))
        for n in range(30)
    ]
    assert {answer.status_code for answer in wrong} == {401, 429}
    code = await code_for(registered.browser, client_id=CLIENT_ID)
    assert (await with_secret(registered.browser, code)).status_code == 200


async def test_the_secret_may_be_configured_as_a_hash(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    hashed = await SecretHashes().make(CLIENT_ID, SecretStr(CLIENT_SECRET))
    client = CONFIDENTIAL.model_copy(update={"secret": SecretStr(hashed)})
    async with running(registering(settings, client), clock, discord) as snowflake:
        code = await code_for(snowflake.browser, client_id=CLIENT_ID)
        form = {"client_id": CLIENT_ID, "client_secret": hashed}
        assert (await redeem(snowflake.browser, code, **form)).status_code == 401
        assert (await with_secret(snowflake.browser, code)).status_code == 200


@pytest.mark.parametrize(
    "uri",
    [
        f"{APPLICATION}/",
        f"{APPLICATION}?x=1",
        "https://app.example.com/other",
        f"{ORIGIN}/r/{APPLICATION}",
        "https://evil.example/.preview.example.com/callback",
        "https://a.preview.example.com/callback/more",
        BROWSER_APP,
    ],
)
async def test_any_other_redirect_uri_gets_a_page_and_no_redirect(
    registered: Snowflake, uri: str
) -> None:
    answer = await ask(registered.browser, client_id=CLIENT_ID, redirect_uri=uri)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_redirect_uri_may_be_a_pattern(registered: Snowflake) -> None:
    uri = "https://pr-12.preview.example.com/callback"
    code = await code_for(registered.browser, client_id=CLIENT_ID, redirect_uri=uri)
    answer = await with_secret(registered.browser, code, redirect_uri=uri)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "often"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"nonce": "n" * 5000}, "invalid_request"),
    ],
)
async def test_errors_go_back_to_the_application(
    registered: Snowflake, changes: dict[str, str | None], error: str
) -> None:
    answer = await ask(registered.browser, client_id=CLIENT_ID, state="a b", **changes)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{APPLICATION}?")
    told = query_of(answer.headers["location"])
    assert (told["error"], told["state"], told["iss"]) == (error, "a b", ORIGIN)
    assert told["error_description"]


async def test_a_state_that_is_at_fault_is_not_sent_back(registered: Snowflake) -> None:
    answer = await ask(registered.browser, client_id=CLIENT_ID, state="s" * 5000)
    told = query_of(answer.headers["location"])
    assert told["error"] == "invalid_request"
    assert "state" not in told


async def test_a_code_works_once_and_a_replay_ends_the_grant(registered: Snowflake) -> None:
    code = await code_for(registered.browser, client_id=CLIENT_ID)
    tokens = (await with_secret(registered.browser, code)).json()
    again = await with_secret(registered.browser, code)
    assert again.json()["error"] == "invalid_grant"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await registered.browser.get("/userinfo", headers=headers)).status_code == 401


async def test_the_page_at_which_discord_sends_people_back_can_be_loaded_again(
    registered: Snowflake,
) -> None:
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    first = await come_back(registered.browser, departure)
    second = await come_back(registered.browser, departure)
    assert registered.discord.token.call_count == 1
    for answer in (first, second):
        assert answer.status_code == 302
    code = query_of(second.headers["location"])["code"]
    assert (await with_secret(registered.browser, code)).status_code == 200
    registered.clock.pass_by(120)
    over = await come_back(registered.browser, departure)
    assert over.status_code == 400
    assert "This login is over" in over.text


async def codes_of_two_loads(snowflake: Snowflake, client_id: str) -> list[str]:
    """Come back from Discord twice at once, as by a double click, and answer what that brings."""
    departure = await depart(snowflake.browser, client_id=client_id)
    loads = [come_back(snowflake.browser, departure) for _ in range(2)]
    return [query_of(answer.headers["location"])["code"] for answer in await asyncio.gather(*loads)]


async def lives(snowflake: Snowflake, tokens: Json) -> bool:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return (await snowflake.browser.get("/userinfo", headers=headers)).status_code == 200


@pytest.mark.parametrize("client", ["registered", "of Discord"])
@pytest.mark.parametrize("at_once", [True, False])
async def test_whoever_double_clicks_ends_signed_in(
    registered: Snowflake, client: str, *, at_once: bool
) -> None:
    secret = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    form = secret if client == "registered" else {}
    codes = await codes_of_two_loads(
        registered, form.get("client_id", AUTHORIZATION_REQUEST["client_id"])
    )
    redeeming = [partial(redeem, registered.browser, code, **form) for code in codes]
    if at_once:
        answers = await asyncio.gather(*(redeem() for redeem in redeeming))
    else:
        answers = [await redeem() for redeem in redeeming]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert registered.discord.token.call_count == 1
    first, second = (answer.json() for answer in answers)
    assert await lives(registered, first)
    assert await lives(registered, second)
    # Each code is good for once all the same, and a replay ends what it made and nothing else.
    assert (await redeem(registered.browser, codes[0], **form)).json()["error"] == "invalid_grant"
    assert not await lives(registered, first)
    assert await lives(registered, second)


async def test_one_more_way_back_after_the_first_has_signed_in_is_good_too(
    registered: Snowflake,
) -> None:
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    for _ in range(2):
        location = (await come_back(registered.browser, departure)).headers["location"]
        code = query_of(location)["code"]
        assert (await with_secret(registered.browser, code)).status_code == 200


async def test_it_does_not_last_for_longer_by_being_used(registered: Snowflake) -> None:
    departure, answers = await depart(registered.browser, client_id=CLIENT_ID), []
    for _ in range(4):
        answer = await come_back(registered.browser, departure)
        answers.append(answer.status_code)
        if answer.status_code == 302:
            code = query_of(answer.headers["location"])["code"]
            assert (await with_secret(registered.browser, code)).status_code == 200
        registered.clock.pass_by(40)
    assert answers == [302, 302, 400, 400]


async def test_a_login_that_has_ended_gives_no_other_code(registered: Snowflake) -> None:
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    first, other = [
        query_of((await come_back(registered.browser, departure)).headers["location"])["code"]
        for _ in range(2)
    ]
    tokens = (await with_secret(registered.browser, first)).json()
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    await registered.browser.post("/revoke", data={**form, "token": tokens["access_token"]})
    assert (await with_secret(registered.browser, other)).json()["error"] == "invalid_grant"
    assert (await come_back(registered.browser, departure)).status_code == 400


async def test_an_outage_at_the_way_back_loses_nothing(registered: Snowflake) -> None:
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    registered.discord.user.respond(502, html="<h1>Bad gateway</h1>")
    out = await come_back(registered.browser, departure)
    assert out.status_code == 503
    assert "Retry-After" in out.headers
    registered.discord.knows()
    location = (await come_back(registered.browser, departure)).headers["location"]
    assert registered.discord.token.call_count == 1
    answer = await with_secret(registered.browser, query_of(location)["code"])
    assert answer.status_code == 200


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_request"])
async def test_a_code_that_discord_does_not_accept_ends_on_a_page(
    registered: Snowflake, error: str
) -> None:
    registered.discord.token.respond(400, json={"error": error})
    answer = await come_back(
        registered.browser, await depart(registered.browser, client_id=CLIENT_ID)
    )
    assert answer.status_code == 400
    assert "This login is over" in answer.text


async def test_our_own_application_being_refused_is_our_fault_and_loses_nothing(
    registered: Snowflake, clock: Clock
) -> None:
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    registered.discord.token.respond(401, json={"error": "invalid_client"})
    page = await come_back(registered.browser, departure)
    assert page.status_code == 503
    assert APPLICATION_SECRET not in page.text
    registered.discord.grants("identify email guilds")
    clock.pass_by(REFUSED_FOR)
    location = (await come_back(registered.browser, departure)).headers["location"]
    tokens = (await with_secret(registered.browser, query_of(location)["code"])).json()
    # Nor is the client told that its own secret is wrong when it comes to refresh.
    registered.discord.token.respond(401, json={"error": "invalid_client"})
    clock.pass_by(604_800 - 60)
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    form = {**refresh, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    answer = await registered.browser.post("/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")


async def test_who_comes_back_while_the_share_is_spent_is_told_to_wait(
    registered: Snowflake, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    with monkeypatch.context() as patch:
        allow(patch, UNPROVEN, client=1)
        # Somebody guesses the secret of our own application, which nobody knows yet.
        registered.discord.token.respond(401, json={"error": "invalid_client"})
        guessed = await code_for(registered.browser, client_id=APPLICATION_ID)
        await redeem(registered.browser, guessed, client_id=APPLICATION_ID, client_secret="wrong")
        page = await come_back(registered.browser, departure)
    assert page.status_code == 429
    assert page.headers["retry-after"] == str(WINDOW)
    assert "Wait 10 minutes" in page.text
    assert "mend this yourself" not in page.text
    registered.discord.grants("identify email guilds")
    clock.pass_by(SPENT_FOR)
    assert (await come_back(registered.browser, departure)).status_code == 302


async def test_a_discord_code_that_was_seen_is_of_no_use_in_another_login(
    registered: Snowflake,
) -> None:
    await code_for(registered.browser, client_id=CLIENT_ID)
    # Somebody has seen the code of Discord, and brings it with a login of their own.
    registered.discord.token.respond(400, json={"error": "invalid_grant"})
    async with registered.another_browser() as thief:
        departure = await depart(
            thief,
            client_id="browser",
            redirect_uri=BROWSER_APP,
            code_challenge=CHALLENGE,
            code_challenge_method="S256",
        )
        answer = await come_back(thief, departure)
    assert answer.status_code == 400
    assert registered.discord.token.call_count == 2


async def test_a_client_that_was_taken_out_of_the_file_is_not_the_discord_application_of_its_name(
    registered: Snowflake, settings: Settings
) -> None:
    tokens = await sign_in_registered(registered)
    registered.state.registry.use(settings)
    form = {"token": tokens["access_token"], "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    answer = await registered.browser.post("/introspect", data=form)
    assert answer.json() == {"active": False}
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    answer = await registered.browser.get("/userinfo", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


async def test_a_refused_consent_is_told_to_the_application(registered: Snowflake) -> None:
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    answer = await come_back(registered.browser, departure, code=None, error="access_denied")
    assert query_of(answer.headers["location"])["error"] == "access_denied"


async def test_a_refresh_needs_the_clients_secret_and_uses_our_own_at_discord(
    registered: Snowflake, clock: Clock
) -> None:
    tokens = await sign_in_registered(registered)
    clock.pass_by(604_800 - 60)
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    wrong = {**refresh, "client_id": CLIENT_ID, "client_secret": "wrong"}
    assert (await registered.browser.post("/token", data=wrong)).status_code == 401
    right = {**refresh, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    answer = await registered.browser.post("/token", data=right)
    assert answer.status_code == 200
    sent = form_of(registered.discord.token.calls.last.request)
    assert (sent["grant_type"], sent["client_id"]) == ("refresh_token", APPLICATION_ID)
    assert sent["client_secret"] == APPLICATION_SECRET


async def sign_in_registered(snowflake: Snowflake) -> Json:
    code = await code_for(snowflake.browser, client_id=CLIENT_ID)
    tokens: Json = (await with_secret(snowflake.browser, code)).json()
    return tokens


async def test_a_revocation_revokes_at_discord_with_our_own_application(
    registered: Snowflake, discord: Discord
) -> None:
    revoked = discord.router.post("https://discord.com/api/v10/oauth2/token/revoke").respond(200)
    tokens = await sign_in_registered(registered)
    form = {"token": tokens["refresh_token"], "client_id": CLIENT_ID}
    assert (await registered.browser.post("/revoke", data=form)).status_code == 401
    form["client_secret"] = CLIENT_SECRET
    assert (await registered.browser.post("/introspect", data=form)).json()["active"]
    assert (await registered.browser.post("/revoke", data=form)).status_code == 200
    sent = form_of(revoked.calls.last.request)
    assert (sent["client_id"], sent["client_secret"]) == (APPLICATION_ID, APPLICATION_SECRET)
    assert not (await registered.browser.post("/introspect", data=form)).json()["active"]


async def test_what_a_client_may_have_can_be_narrowed(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    narrow = CONFIDENTIAL.model_copy(
        update={
            "scopes": ("profile",),
            "token_lifetime": timedelta(minutes=5),
            "include_claims_in_id_token": False,
        }
    )
    discord.grants("identify")
    async with running(registering(settings, narrow), clock, discord) as snowflake:
        sent = query_of((await depart(snowflake.browser, client_id=CLIENT_ID)).location)
        assert sent["scope"] == "identify"
        tokens = await sign_in_registered(snowflake)
        assert tokens["scope"] == "openid profile"
        assert tokens["expires_in"] == 300
        claims = read_token(snowflake, tokens["id_token"])
        assert claims["sub"] == USER["id"]
        assert not {"name", "email", "groups"} & set(claims)
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        info = (await snowflake.browser.get("/userinfo", headers=headers)).json()
        assert info["name"] == USER["global_name"]
        assert "email" not in info


async def test_discord_applications_and_registered_clients_go_side_by_side(
    registered: Snowflake,
) -> None:
    assert read_token(registered, (await sign_in(registered.browser))["id_token"])["sub"]
    assert await sign_in_registered(registered)


async def test_a_code_of_the_one_is_no_code_of_the_other(registered: Snowflake) -> None:
    code = await code_for(registered.browser, client_id=CLIENT_ID)
    stolen = await redeem(registered.browser, code)
    assert stolen.json()["error"] == "invalid_grant"


async def test_the_callback_is_for_registered_clients_alone(registered: Snowflake) -> None:
    for client_id, path in ((None, f"{ORIGIN}/callback"), (CLIENT_ID, f"{ORIGIN}/r/{APPLICATION}")):
        changes = {} if client_id is None else {"client_id": client_id}
        departure = await depart(registered.browser, **changes)
        answer = await registered.browser.get(path, params={"code": "c", "state": departure.state})
        assert answer.status_code == 400
        assert "We don&#39;t recognise this login" in answer.text


class TestWhoeverIsNotLetIn:
    """Gates at the way back from Discord."""

    @pytest.fixture
    async def gated(
        self, settings: Settings, clock: Clock, discord: Discord
    ) -> AsyncIterator[Snowflake]:
        access = AccessTable(
            any_guild=("111",), no_people=("999",), invite="https://discord.gg/example"
        )
        client = CONFIDENTIAL.model_copy(update={"access": access})
        async with running(registering(settings, client), clock, discord) as snowflake:
            yield snowflake

    async def test_sees_why_and_can_go_on(self, gated: Snowflake, discord: Discord) -> None:
        departure = await depart(gated.browser, client_id=CLIENT_ID, scope="openid")
        assert "guilds" in query_of(departure.location)["scope"].split()
        page = await come_back(gated.browser, departure)
        assert page.status_code == 403
        assert "https://discord.gg/example" in page.text
        assert "Grafana" in page.text
        # They join, and load the page again.
        discord.guilds.respond(json=[{"id": "111", "name": "Ours"}])
        location = (await come_back(gated.browser, departure)).headers["location"]
        tokens = (await with_secret(gated.browser, query_of(location)["code"])).json()
        assert "groups" not in read_token(gated, tokens["id_token"])

    async def test_is_sent_back_at_once_where_nothing_can_be_done(
        self, gated: Snowflake, discord: Discord
    ) -> None:
        discord.knows(id="999")
        discord.guilds.respond(json=[{"id": "111", "name": "Ours"}])
        told = query_of(await login(gated.browser, client_id=CLIENT_ID, scope="openid"))
        assert told["error"] == "access_denied"
        assert "code" not in told

    async def test_is_refused_the_next_refresh_and_everything_ends(
        self, gated: Snowflake, discord: Discord, clock: Clock
    ) -> None:
        discord.guilds.respond(json=[{"id": "111", "name": "Ours"}])
        tokens = await sign_in_registered(gated)
        discord.guilds.respond(json=[])
        clock.pass_by(120)
        form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        answer = await gated.browser.post("/token", data={**form, **refresh})
        assert answer.json()["error"] == "invalid_grant"
        assert "any_guild" in answer.json()["error_description"]
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert (await gated.browser.get("/userinfo", headers=headers)).status_code == 401

    async def test_is_told_by_the_token_endpoint_for_a_discord_application(
        self, settings: Settings, clock: Clock, discord: Discord
    ) -> None:
        access = AccessTable(verified_email=True)
        strict = settings.model_copy(update={"access": access})
        discord.knows(verified=False)
        async with running(strict, clock, discord) as snowflake:
            answer = await redeem(snowflake.browser, await code_for(snowflake.browser))
            assert answer.json()["error"] == "invalid_grant"
            assert "verified_email" in answer.json()["error_description"]


class TestLoggingOut:
    """The end session endpoint."""

    GOODBYE = "https://app.example.com/goodbye"

    async def test_leads_back_to_where_the_client_has_registered(
        self, registered: Snowflake, clock: Clock
    ) -> None:
        id_token = (await sign_in_registered(registered))["id_token"]
        clock.pass_by(86400)
        for hint in ({"id_token_hint": id_token}, {"client_id": CLIENT_ID}):
            asked = {**hint, "post_logout_redirect_uri": self.GOODBYE, "state": "x y"}
            for answer in (
                await registered.browser.get("/logout", params=asked),
                await registered.browser.post("/logout", data=asked),
            ):
                assert answer.status_code == 302
                assert answer.headers["location"] == f"{self.GOODBYE}?state=x%20y"

    @pytest.mark.parametrize("client_id", ["browser", "1056005449054429204"])
    async def test_whoever_has_no_place_to_lead_back_to_gets_the_page(
        self, registered: Snowflake, client_id: str
    ) -> None:
        asked = {"client_id": client_id, "post_logout_redirect_uri": self.GOODBYE}
        page = await registered.browser.get("/logout", params=asked)
        assert page.status_code == 200
        assert "location" not in page.headers

    @pytest.mark.parametrize(
        "asked",
        [
            {"client_id": CLIENT_ID, "post_logout_redirect_uri": "https://evil.example/"},
            {"post_logout_redirect_uri": GOODBYE},
            {"id_token_hint": "eyJ", "post_logout_redirect_uri": GOODBYE},
        ],
    )
    async def test_leads_nowhere_else(self, registered: Snowflake, asked: dict[str, str]) -> None:
        answer = await registered.browser.get("/logout", params=asked)
        assert answer.status_code == 400
        assert "location" not in answer.headers

    async def test_a_hint_for_another_client_is_refused(self, registered: Snowflake) -> None:
        id_token = (await sign_in_registered(registered))["id_token"]
        asked = {
            "client_id": "browser",
            "id_token_hint": id_token,
            "post_logout_redirect_uri": self.GOODBYE,
        }
        assert (await registered.browser.get("/logout", params=asked)).status_code == 400

    async def test_without_a_place_to_go_a_page_says_so(self, registered: Snowflake) -> None:
        page = await registered.browser.get("/logout")
        assert page.status_code == 200
        assert "You have signed out" in page.text

    async def test_is_listed_only_where_it_can_lead_back(
        self, registered: Snowflake, snowflake: Snowflake
    ) -> None:
        path = "/.well-known/openid-configuration"
        listed = (await registered.browser.get(path)).json()
        assert listed["end_session_endpoint"] == f"{ORIGIN}/logout"
        assert "end_session_endpoint" not in (await snowflake.browser.get(path)).json()


async def test_a_scope_that_was_granted_before_does_not_show(
    registered: Snowflake, discord: Discord
) -> None:
    discord.grants(str(TOKENS["scope"]))
    code = await code_for(registered.browser, client_id=CLIENT_ID, scope="openid")
    tokens = (await with_secret(registered.browser, code)).json()
    assert not {"email", "groups"} & set(read_token(registered, tokens["id_token"]))


class TestSilentRenewal:
    """``prompt=none``, behind which nobody reads a page (OpenID Connect Core 1.0, 3.1.2.1)."""

    async def test_whoever_is_not_let_in_gets_no_page(
        self, settings: Settings, clock: Clock, discord: Discord
    ) -> None:
        client = CONFIDENTIAL.model_copy(update={"access": AccessTable(any_guild=("111",))})
        async with running(registering(settings, client), clock, discord) as snowflake:
            location = await login(snowflake.browser, client_id=CLIENT_ID, prompt="none")
        assert query_of(location)["error"] == "access_denied"

    @pytest.mark.parametrize(
        ("status", "error"), [(502, "temporarily_unavailable"), (400, "login_required")]
    )
    async def test_nor_does_whoever_comes_back_in_vain(
        self, registered: Snowflake, status: int, error: str
    ) -> None:
        registered.discord.token.respond(status, json={"error": "invalid_grant"})
        location = await login(registered.browser, client_id=CLIENT_ID, prompt=" none")
        assert query_of(location)["error"] == error

    async def test_an_outage_is_told_to_the_application(
        self, registered: Snowflake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down() -> None:
            raise DiscordDown("Discord is not answering", 5)

        monkeypatch.setattr(registered.state.discord, "check_is_up", down)
        answer = await ask(registered.browser, client_id=CLIENT_ID, prompt="none")
        assert query_of(answer.headers["location"])["error"] == "temporarily_unavailable"
        page = await ask(registered.browser, client_id=CLIENT_ID)
        assert page.status_code == 503

    async def test_so_is_one_that_began_on_the_way_to_discord(
        self, registered: Snowflake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down() -> None:
            raise DiscordDown("Discord is not answering", 5)

        silent = await depart(registered.browser, client_id=CLIENT_ID, prompt="none")
        shown = await depart(registered.browser, client_id=CLIENT_ID)
        monkeypatch.setattr(registered.state.discord, "check_is_up", down)
        answer = await come_back(registered.browser, silent)
        assert query_of(answer.headers["location"])["error"] == "temporarily_unavailable"
        assert (await come_back(registered.browser, shown)).status_code == 503

    async def test_what_discord_leaves_unsaid_is_told_to_the_application_too(
        self, settings: Settings, clock: Clock, discord: Discord
    ) -> None:
        discord.guilds.respond(json=[{"id": "222", "name": "Birds"}, {"name": "nobody knows"}])
        client = CONFIDENTIAL.model_copy(update={"access": AccessTable(any_guild=("111",))})
        async with running(registering(settings, client), clock, discord) as snowflake:
            location = await login(snowflake.browser, client_id=CLIENT_ID, prompt="none")
            page = await come_back(
                snowflake.browser, await depart(snowflake.browser, client_id=CLIENT_ID)
            )
        assert query_of(location)["error"] == "temporarily_unavailable"
        assert page.status_code == 503
