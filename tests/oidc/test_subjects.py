"""One client knows one person by one name, wherever it hears of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from snowflake.people.subjects import SUBJECTS
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from snowflake.store.export import exported
from snowflake.store.session_ends import Which
from tests.login import Json, ask, code_for, come_back, depart, login, query_of, read_token
from tests.login import sign_in as by_discord
from tests.oidc.backchannel_logout.telling import TOLD_GRAFANA, TOLD_WIKI, Told, read, told
from tests.oidc.response_types.answers import answered, any_with, came
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    GRAFANA,
    SECRETS,
    WIKI,
    enter,
    is_alive,
    keeping_sessions,
    refresh,
    refused,
    tokens_for,
)
from tests.running import USER, Clock, Discord, Snowflake
from tests.web.forms import form_in

PERSON = str(USER["id"])
MODES = tuple(SUBJECTS)
#: Seconds in which a machine under load has told.
PATIENCE = 10


def known_by(mode: str, table: ClientTable = TOLD_WIKI, **changes: object) -> ClientTable:
    return ClientTable(**{**table.model_dump(), "subject": mode, **changes})


@pytest.fixture
def clients() -> Iterator[Told]:
    with told() as clients:
        yield clients


@asynccontextmanager
async def world(
    settings: Settings, clock: Clock, discord: Discord, *tables: ClientTable, **changes: object
) -> AsyncIterator[Snowflake]:
    async with keeping_sessions(settings, clock, discord, *tables, **changes) as snowflake:
        yield snowflake


@pytest.fixture(params=MODES)
async def snowflake(
    request: pytest.FixtureRequest,
    settings: Settings,
    clock: Clock,
    discord: Discord,
    clients: Told,
) -> AsyncIterator[Snowflake]:
    """Run one whose wiki knows people by each mode in turn."""
    async with world(settings, clock, discord, GRAFANA, known_by(request.param)) as running:
        yield running


async def sign_in(snowflake: Snowflake, scope: str = "openid profile email") -> Json:
    code = await code_for(snowflake.browser, **AS_WIKI, scope=scope)
    return await tokens_for(snowflake.browser, AS_WIKI, code)


async def userinfo(snowflake: Snowflake, tokens: Json) -> Json:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    answer = await snowflake.browser.get("/userinfo", headers=headers)
    assert answer.status_code == 200, answer.text
    claims: Json = answer.json()
    return claims


async def introspected(snowflake: Snowflake, token: str, client_id: str = "wiki") -> Json:
    form = {"token": token, "client_id": client_id, "client_secret": SECRETS[client_id]}
    claims: Json = (await snowflake.browser.post("/introspect", data=form)).json()
    return claims


async def names_heard(snowflake: Snowflake, tokens: Json) -> set[str]:
    """Answer by which names the wiki hears of whoever signs in, token by token."""
    told_by = [
        read_token(snowflake, tokens["id_token"]),
        read_token(snowflake, tokens["access_token"]),
        await userinfo(snowflake, tokens),
        await introspected(snowflake, tokens["access_token"]),
        await introspected(snowflake, tokens["refresh_token"]),
    ]
    return {each["sub"] for each in told_by}


async def logout_token(snowflake: Snowflake, clients: Told) -> Json:
    async with asyncio.timeout(PATIENCE):
        _, token = await clients.tokens.get()
    return read(snowflake.state, token)[1]


async def test_every_token_of_a_client_says_the_same(
    snowflake: Snowflake, clients: Told, clock: Clock
) -> None:
    tokens = await sign_in(snowflake)
    names = await names_heard(snowflake, tokens)
    clock.pass_by(3700)
    tokens = await refresh(snowflake.browser, AS_WIKI, tokens)
    names |= await names_heard(snowflake, tokens)
    names |= await names_heard(snowflake, await enter(snowflake.browser, AS_WIKI))
    await snowflake.state.logout.end(Which(person=PERSON))
    names.add((await logout_token(snowflake, clients))["sub"])
    assert len(names) == 1
    # And Discord's ID is nowhere but where it is meant to be.
    assert (names == {PERSON}) is (snowflake.settings.clients[1].subject == "id")


@pytest.mark.parametrize("mode", MODES)
async def test_what_comes_in_front_says_the_same_as_what_the_code_brings(
    settings: Settings, clock: Clock, discord: Discord, mode: str
) -> None:
    table = known_by(mode, any_with())
    async with world(settings, clock, discord, table, known_by(mode, WIKI)) as snowflake:
        subs = []
        # From Discord, and then by the session.
        for _ in range(2):
            response = await came(snowflake.browser, response_type="code id_token token")
            _, _, sent = answered(response)
            tokens = await tokens_for(snowflake.browser, AS_GRAFANA, sent["code"])
            ids = [sent["id_token"], tokens["id_token"]]
            subs += [read_token(snowflake, each)["sub"] for each in ids]
            for access_token in (sent["access_token"], tokens["access_token"]):
                subs.append((await userinfo(snowflake, {"access_token": access_token}))["sub"])
        assert len(set(subs)) == 1


async def test_an_export_shows_by_which_name_each_application_knows_somebody(
    snowflake: Snowflake,
) -> None:
    sub = read_token(snowflake, (await sign_in(snowflake))["id_token"])["sub"]
    await enter(snowflake.browser, AS_GRAFANA)
    shown = exported(PERSON, await snowflake.state.store.people.kept(PERSON))
    assert {one["client_id"]: one["claims"]["sub"] for one in shown["grants"]} == {
        "wiki": sub,
        "grafana": PERSON,
    }
    [session] = shown["sessions"]
    names = {one["client_id"]: one["subject"] for one in session["clients"]}
    assert names == {"wiki": sub, "grafana": PERSON}


async def test_the_same_person_is_known_again_after_another_login(snowflake: Snowflake) -> None:
    first = read_token(snowflake, (await sign_in(snowflake))["id_token"])["sub"]
    snowflake.browser.cookies.clear()
    again = read_token(snowflake, (await sign_in(snowflake))["id_token"])["sub"]
    snowflake.browser.cookies.clear()
    snowflake.discord.knows(id="80351110224678913", username="other", email="other@example.com")
    other = read_token(snowflake, (await sign_in(snowflake))["id_token"])["sub"]
    assert first == again != other


async def test_a_hint_of_the_client_names_the_person_and_keeps_others_out(
    snowflake: Snowflake,
) -> None:
    hint = (await sign_in(snowflake))["id_token"]
    await enter(snowflake.browser, AS_WIKI, prompt="none", id_token_hint=hint)
    # Neither by a session nor from Discord.
    departure = await depart(
        snowflake.browser, **AS_WIKI, prompt="select_account", id_token_hint=hint
    )
    snowflake.discord.knows(id="80351110224678913", username="other", email="other@example.com")
    back = await come_back(snowflake.browser, departure)
    assert query_of(back.headers["location"])["error"] == "login_required"
    snowflake.browser.cookies.clear()
    await sign_in(snowflake)
    assert await refused(snowflake.browser, AS_WIKI, id_token_hint=hint) == "login_required"


@pytest.mark.parametrize("hint", [PERSON, "nelly@example.com", "@nelly", "nelly"])
async def test_a_login_hint_is_understood_as_ever(snowflake: Snowflake, hint: str) -> None:
    await sign_in(snowflake)
    await enter(snowflake.browser, AS_WIKI, prompt="none", login_hint=hint)
    for other in ("80351110224678913", "other@example.com", "@other"):
        assert await refused(snowflake.browser, AS_WIKI, login_hint=other) == "login_required"


async def test_a_hint_proves_at_a_logout_that_the_client_asks(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake)
    answer = await snowflake.browser.get("/logout", params={"id_token_hint": tokens["id_token"]})
    assert "You have signed out" in answer.text
    assert not await is_alive(snowflake.browser, tokens)


async def test_the_page_that_asks_for_consent_says_by_what_one_will_be_known(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    for mode, subject in SUBJECTS.items():
        table = known_by(mode, WIKI, consent="once")
        async with world(settings, clock, discord, GRAFANA, table) as snowflake:
            await code_for(snowflake.browser, **AS_GRAFANA)
            answer = await ask(snowflake.browser, **AS_WIKI, scope="openid")
            page = await snowflake.browser.get(answer.headers["location"])
            assert subject.tells in page.text


async def test_consent_to_be_known_is_no_consent_to_be_known_by_the_address(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with world(settings, clock, discord, known_by("hash", WIKI, consent="once")) as snowflake:
        page = await snowflake.browser.get(await login(snowflake.browser, **AS_WIKI))
        action, fields = form_in(page)
        await snowflake.browser.post(action, data={**fields, "answer": "allow"})
        await enter(snowflake.browser, AS_WIKI)
        for mode, asks in (("uuid", False), ("email", True), ("username", True), ("id", False)):
            table = known_by(mode, WIKI, consent="once")
            snowflake.state.use(snowflake.settings.model_copy(update={"clients": (table,)}))
            answer = await ask(snowflake.browser, **AS_WIKI)
            assert answer.headers["location"].startswith("/consent") is asks


@pytest.mark.parametrize("mode", ["username", "email"])
async def test_who_is_called_otherwise_meanwhile_stays_who_they_are_until_they_sign_in_again(
    settings: Settings, clock: Clock, discord: Discord, clients: Told, mode: str
) -> None:
    async with world(settings, clock, discord, GRAFANA, known_by(mode)) as snowflake:
        tokens = await sign_in(snowflake)
        old = read_token(snowflake, tokens["id_token"])["sub"]
        discord.knows(username="nelly.the.owl", email="owl@example.com")
        clock.pass_by(3700)
        tokens = await refresh(snowflake.browser, AS_WIKI, tokens)
        assert await names_heard(snowflake, tokens) == {old}
        claims = await userinfo(snowflake, tokens)
        assert claims["preferred_username"] == "nelly.the.owl"
        # The session is somebody's who is known otherwise now.
        hint = tokens["id_token"]
        assert await refused(snowflake.browser, AS_WIKI, id_token_hint=hint) == "login_required"
        # And the application hears of an end by the name that it knows.
        await enter(snowflake.browser, AS_GRAFANA)
        answer = await snowflake.browser.get("/logout", params={"id_token_hint": hint})
        assert "You have signed out" in answer.text
        assert (await logout_token(snowflake, clients))["sub"] == old


@pytest.mark.parametrize("mode", ["username", "email"])
async def test_a_client_hears_of_an_end_by_the_name_that_it_was_told_last(
    settings: Settings, clock: Clock, discord: Discord, clients: Told, mode: str
) -> None:
    async with world(settings, clock, discord, GRAFANA, known_by(mode)) as snowflake:
        await sign_in(snowflake)
        discord.knows(username="nelly.the.owl", email="owl@example.com")
        clock.pass_by(61)
        tokens = await enter(snowflake.browser, AS_WIKI)
        new = read_token(snowflake, tokens["id_token"])["sub"]
        assert new in {"nelly.the.owl", "owl@example.com"}
        await snowflake.state.logout.end(Which(person=PERSON))
        assert (await logout_token(snowflake, clients))["sub"] == new


async def test_a_discord_application_knows_people_by_their_id(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with world(settings, clock, discord, known_by("pairwise", WIKI)) as snowflake:
        claims = read_token(snowflake, (await by_discord(snowflake.browser))["id_token"])
        assert claims["sub"] == PERSON


UNKNOWN: list[dict[str, object]] = [{"verified": False}, {"email": None, "verified": False}]


@asynccontextmanager
async def by_address(
    settings: Settings, clock: Clock, discord: Discord, **changes: object
) -> AsyncIterator[Snowflake]:
    """Run one whose wiki knows people by their address, though others get any address."""
    table = known_by("email", scopes=())
    changes = {"include_unverified_email": True, **changes}
    async with world(settings, clock, discord, TOLD_GRAFANA, table, **changes) as snowflake:
        yield snowflake


@pytest.mark.parametrize("account", UNKNOWN)
async def test_without_a_verified_address_nobody_signs_in_where_it_is_the_subject(
    settings: Settings, clock: Clock, discord: Discord, clients: Told, account: dict[str, object]
) -> None:
    async with by_address(settings, clock, discord) as snowflake:
        discord.knows(**account)
        departure = await depart(snowflake.browser, **AS_WIKI, scope="openid")
        # It is asked for though neither the request nor the client's scopes name it.
        assert "email" in query_of(departure.location)["scope"].split()
        page = await come_back(snowflake.browser, departure)
        assert page.status_code == 403
        assert "needs a verified e-mail address" in page.text
        assert f"{WIKI.redirect_uris[0]}?error=access_denied" in page.text
    async with by_address(settings, clock, discord, session_lifetime=timedelta(0)) as snowflake:
        silent = await depart(snowflake.browser, **AS_WIKI, scope="openid", prompt="none")
        back = await come_back(snowflake.browser, silent)
        assert query_of(back.headers["location"])["error"] == "access_denied"


@pytest.mark.parametrize("account", UNKNOWN)
async def test_nor_by_a_session_which_goes_on_for_the_others(
    settings: Settings, clock: Clock, discord: Discord, clients: Told, account: dict[str, object]
) -> None:
    async with by_address(settings, clock, discord) as snowflake:
        discord.knows(**account)
        grafana = await tokens_for(
            snowflake.browser, AS_GRAFANA, await code_for(snowflake.browser, **AS_GRAFANA)
        )
        assert await refused(snowflake.browser, AS_WIKI, scope="openid") == "access_denied"
        page = await ask(snowflake.browser, **AS_WIKI, scope="openid")
        assert page.status_code == 403
        assert "needs a verified e-mail address" in page.text
        assert await is_alive(snowflake.browser, grafana)
        assert clients.heard == []


async def test_an_address_that_is_no_longer_verified_ends_the_login_of_that_client_alone(
    settings: Settings, clock: Clock, discord: Discord, clients: Told
) -> None:
    async with by_address(settings, clock, discord) as snowflake:
        wiki = await sign_in(snowflake, "openid")
        grafana = await enter(snowflake.browser, AS_GRAFANA)
        discord.knows(verified=False)
        clock.pass_by(100)
        assert (await refresh(snowflake.browser, AS_WIKI, wiki))["error"] == "invalid_grant"
        assert await is_alive(snowflake.browser, grafana)
        assert (await logout_token(snowflake, clients))["sub"] == "nelly@example.com"


async def test_the_common_gate_still_turns_away_from_all(
    settings: Settings, clock: Clock, discord: Discord, clients: Told
) -> None:
    access = AccessTable(no_people=(PERSON,))
    async with by_address(settings, clock, discord) as snowflake:
        wiki = await sign_in(snowflake, "openid")
        grafana = await enter(snowflake.browser, AS_GRAFANA)
        snowflake.state.use(snowflake.settings.model_copy(update={"access": access}))
        clock.pass_by(100)
        assert (await refresh(snowflake.browser, AS_WIKI, wiki))["error"] == "invalid_grant"
        assert not await is_alive(snowflake.browser, grafana)


async def test_an_address_that_openid_connect_has_no_room_for_is_none(
    settings: Settings, clock: Clock, discord: Discord, clients: Told
) -> None:
    async with by_address(settings, clock, discord) as snowflake:
        discord.knows(email=f"{'n' * 250}@example.com")
        back = await come_back(
            snowflake.browser, await depart(snowflake.browser, **AS_WIKI, scope="openid")
        )
        assert query_of(back.headers["location"])["error"] == "access_denied"


async def test_a_name_that_discord_leaves_unsaid_is_no_refusal(
    settings: Settings, clock: Clock, discord: Discord, clients: Told
) -> None:
    async with world(settings, clock, discord, known_by("username")) as snowflake:
        departure = await depart(snowflake.browser, **AS_WIKI)
        discord.knows(username="")
        assert (await come_back(snowflake.browser, departure)).status_code == 503
        discord.knows()
        back = await come_back(snowflake.browser, departure)
        assert "code" in query_of(back.headers["location"])


async def test_a_session_that_does_not_know_the_address_lets_its_person_in_by_a_hint(
    settings: Settings, clock: Clock, discord: Discord, clients: Told
) -> None:
    async with by_address(settings, clock, discord) as snowflake:
        hint = (await sign_in(snowflake, "openid"))["id_token"]
        snowflake.browser.cookies.clear()
        discord.grants("identify email")
        discord.user.respond(json={**USER, "email": None, "verified": None})
        await code_for(snowflake.browser, **AS_GRAFANA, scope="openid")
        discord.knows()
        await enter(snowflake.browser, AS_WIKI, prompt="none", scope="openid", id_token_hint=hint)


async def test_what_holds_changes_with_the_configuration_and_logins_stay_as_they_are(
    settings: Settings, clock: Clock, discord: Discord, clients: Told
) -> None:
    async with world(settings, clock, discord, known_by("id")) as snowflake:
        tokens = await sign_in(snowflake)
        changed = {"clients": (known_by("pairwise"),)}
        snowflake.state.use(snowflake.settings.model_copy(update=changed))
        clock.pass_by(3700)
        tokens = await refresh(snowflake.browser, AS_WIKI, tokens)
        assert await names_heard(snowflake, tokens) == {PERSON}
        anew = await enter(snowflake.browser, AS_WIKI)
        assert PERSON not in await names_heard(snowflake, anew)
        assert await names_heard(snowflake, tokens) == {PERSON}


@pytest.mark.parametrize(
    ("modes", "types"),
    [
        (("id", "hash"), ["public"]),
        (("id", "pairwise"), ["public", "pairwise"]),
        (("pairwise", "pairwise"), ["pairwise"]),
    ],
)
async def test_discovery_says_whether_people_have_one_name_everywhere(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    modes: tuple[str, str],
    types: list[str],
) -> None:
    tables = [known_by(mode, table) for mode, table in zip(modes, (GRAFANA, WIKI), strict=True)]
    async with world(settings, clock, discord, *tables, allowed_clients=()) as snowflake:
        answer = await snowflake.browser.get("/.well-known/openid-configuration")
        assert answer.json()["subject_types_supported"] == types
