"""The way from a role in Discord to a link, and what stands in it."""

import re
from collections.abc import Awaitable, Callable
from html import unescape

import httpx
import hypothesis
import pytest
import respx
import structlog
from hypothesis import given
from hypothesis import strategies as st

from snowflake.errors import TemporarilyUnavailable
from snowflake.protocol.browser import COOKIE_LIFETIME, LOGIN_LIFETIME
from snowflake.settings import Settings
from snowflake.store.link import LOST
from tests.linked_roles.world import (
    APPLICATION,
    APPLICATION_SECRET,
    CODE,
    PERSON,
    WIDE,
    Roles,
    again_on,
    at_upstream,
    from_discord,
    from_upstream,
    go,
    link,
    says,
    title_of,
    to_upstream,
    with_linked_roles,
)
from tests.login import come_back, depart
from tests.running import NOW, ORIGIN, USER, Clock, Discord, Snowflake, running
from tests.upstream.provider import (
    CLAIMS,
    CLIENT_ID,
    ISSUER,
    SUBJECT,
    TOKENS,
    Provider,
    signed,
)

UNKNOWN, ELSEWHERE = "We don't recognise this step", "This can't be finished here"
EXPIRED, SPENT = "That took a little too long", "This step is over"
CANCELLED, UNAVAILABLE = "You have cancelled", "This can't be done right now"
MISCONFIGURED = "This is not set up right"
OTHER = "197038439483310086"
Step = Callable[..., Awaitable[httpx.Response]]
SAID = {"member": "1", "since": "2021-03-14T00:00:00Z", "posts": "12"}


async def test_discord_is_asked_who_it_is_and_for_role_connections(linking: Snowflake) -> None:
    sent = await go(linking.browser)
    assert set(sent) == {
        *("client_id", "redirect_uri", "response_type", "scope", "state", "prompt"),
        *("code_challenge", "code_challenge_method"),
    }
    assert sent["client_id"] == APPLICATION
    assert sent["redirect_uri"] == f"{ORIGIN}/linked-role/discord"
    assert sent["scope"] == "identify role_connections.write"
    assert sent["prompt"] == "none"


async def test_the_upstream_provider_is_asked_with_pkce_a_nonce_and_a_state(
    linking: Snowflake,
) -> None:
    sent = await to_upstream(linking.browser)
    assert sent["redirect_uri"] == f"{ORIGIN}/linked-role/upstream"
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["nonce"]) >= 22
    assert PERSON not in str(sent)


async def test_in_the_end_discord_knows_and_the_person_is_told(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    page = await link(linking, provider, since="2021-03-14", posts=12)
    assert page.status_code == 200
    assert title_of(page) == "You are linked"
    assert roles.told == [
        {"platform_name": "Example Society", "platform_username": "ada.l", "metadata": SAID}
    ]
    words = re.findall("<dt><bdi>(.*)</bdi></dt>\n<dd><bdi>(.*)</bdi></dd>", page.text)
    assert words == [("Member", "yes"), ("Since", "14 March 2021"), ("Posts", "12")]
    for said in ("nelly", "ada.l", "Example Society"):
        assert f"<bdi>{said}</bdi>" in page.text
    hrefs = re.findall('href="([^"]*)"', page.text)
    assert hrefs == ["https://discord.com/channels/@me", "/linked-role/unlink"]


async def test_the_link_is_kept_and_discords_tokens_with_it(
    linking: Snowflake, provider: Provider
) -> None:
    await link(linking, provider, since="2021-03-14", posts=12)
    kept = await linking.state.store.links.find(PERSON)
    assert kept is not None
    assert (kept.application, kept.subject, kept.username) == (APPLICATION, SUBJECT, "ada.l")
    assert (kept.linked_at, kept.synced_at, kept.values) == (NOW, NOW, SAID)
    assert kept.refresh_token is not None
    assert kept.refresh_token.get_secret_value() == TOKENS["refresh_token"]
    tokens = await linking.state.store.discord_tokens.find(APPLICATION, PERSON)
    assert tokens is not None
    assert "role_connections.write" in tokens.scopes


async def test_codes_are_exchanged_with_our_secrets_and_verifiers(
    linking: Snowflake, provider: Provider, discord: Discord
) -> None:
    await link(linking, provider)
    form = dict(httpx.QueryParams(discord.token.calls.last.request.content.decode()))
    assert form["client_secret"] == APPLICATION_SECRET
    assert form["redirect_uri"] == f"{ORIGIN}/linked-role/discord"
    assert len(form["code_verifier"]) == 43
    assert provider.form["redirect_uri"] == f"{ORIGIN}/linked-role/upstream"
    assert len(provider.form["code_verifier"]) == 43


async def test_whatever_a_claim_holds_is_escaped(linking: Snowflake, provider: Provider) -> None:
    hostile = '<script>alert("1")</script>'
    page = await link(linking, provider, preferred_username=hostile)
    assert "<script" not in page.text
    assert hostile in unescape(page.text)


async def test_no_page_and_no_address_gives_a_secret_away(
    linking: Snowflake, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = await go(linking.browser)
    there = await from_discord(linking.browser, sent)
    onward = at_upstream(there)
    says(provider, onward["nonce"])
    page = await from_upstream(linking.browser, onward)
    seen = str(sent) + str(onward) + page.text + "".join(capsys.readouterr())
    upstream = [TOKENS["access_token"], TOKENS["refresh_token"], CODE, SUBJECT]
    discord = [WIDE["access_token"], WIDE["refresh_token"], APPLICATION_SECRET, "DISCORD-CODE"]
    assert [secret for secret in (*upstream, *discord) if str(secret) in seen] == []


async def test_a_provider_that_takes_pushed_requests_need_not_name_scopes(
    linking: Snowflake, provider: Provider
) -> None:
    provider.says(pushed_authorization_request_endpoint="https://id.example.com/par/")
    provider.par.respond(201, json={"request_uri": "urn:pushed", "expires_in": 60})
    reached = await from_discord(linking.browser, await go(linking.browser))
    assert at_upstream(reached) == {"client_id": CLIENT_ID, "request_uri": "urn:pushed"}
    pushed = dict(httpx.QueryParams(provider.par.calls.last.request.content.decode()))
    id_token = signed({**CLAIMS, "nonce": pushed["nonce"]})
    provider.gives(scope=None, id_token=id_token)
    assert title_of(await from_upstream(linking.browser, pushed)) == "You are linked"


async def test_what_is_not_known_to_be_allowed_links_nobody(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    sent = await to_upstream(linking.browser)
    provider.gives(scope=None, id_token=signed({**CLAIMS, "nonce": sent["nonce"]}))
    assert title_of(await from_upstream(linking.browser, sent)) == MISCONFIGURED
    assert not roles.told


# A way back that is not the browser's own.


@pytest.mark.parametrize("step", [from_discord, from_upstream])
async def test_without_a_note_of_ours_nothing_goes_on(
    linking: Snowflake, step: Step, discord: Discord
) -> None:
    await go(linking.browser)
    for state in (None, "", "abc", "\u00e9", "gAAAAA", "A" * 3000):
        page = await step(linking.browser, {"state": ""}, state=state)
        assert page.status_code == 400
        assert title_of(page) == UNKNOWN
        assert again_on(page) == ["/linked-role"]
    assert not discord.token.called


async def test_each_note_is_good_for_its_own_step(linking: Snowflake, provider: Provider) -> None:
    first = await go(linking.browser)
    assert title_of(await from_upstream(linking.browser, first)) == UNKNOWN
    second = at_upstream(await from_discord(linking.browser, first))
    assert title_of(await from_discord(linking.browser, second)) == UNKNOWN
    login = await depart(linking.browser)
    assert title_of(await from_discord(linking.browser, {"state": login.state})) == UNKNOWN
    back = await come_back(linking.browser, login, state=first["state"])
    assert back.status_code == 400


async def test_another_browser_cannot_go_on(linking: Snowflake, provider: Provider) -> None:
    first = await go(linking.browser)
    stranger = linking.another_browser()
    assert title_of(await from_discord(stranger, first)) == ELSEWHERE
    await go(stranger)
    assert title_of(await from_discord(stranger, first)) == ELSEWHERE
    second = await to_upstream(linking.browser)
    assert title_of(await from_upstream(stranger, second)) == ELSEWHERE
    # The one whose note it is has lost nothing by that.
    assert (await from_discord(linking.browser, first)).status_code == 302


async def test_each_step_is_done_once(
    linking: Snowflake, provider: Provider, discord: Discord, roles: Roles
) -> None:
    first = await go(linking.browser)
    second = at_upstream(await from_discord(linking.browser, first))
    assert title_of(await from_discord(linking.browser, first)) == SPENT
    says(provider, second["nonce"])
    assert title_of(await from_upstream(linking.browser, second)) == "You are linked"
    assert title_of(await from_upstream(linking.browser, second)) == SPENT
    assert discord.token.call_count == 1
    assert len(roles.told) == 1


async def test_each_step_may_take_half_an_hour(
    linking: Snowflake, provider: Provider, clock: Clock
) -> None:
    first = await go(linking.browser)
    clock.pass_by(LOGIN_LIFETIME)
    onward = await from_discord(linking.browser, first)
    assert f"Max-Age={COOKIE_LIFETIME}" in onward.headers["set-cookie"]
    second = at_upstream(onward)
    clock.pass_by(LOGIN_LIFETIME + 1)
    page = await from_upstream(linking.browser, second)
    assert (page.status_code, title_of(page)) == (400, EXPIRED)


async def test_an_answer_of_another_issuer_is_refused(
    linking: Snowflake, discord: Discord, provider: Provider
) -> None:
    elsewhere = "https://evil.example.com"
    assert title_of(
        await from_discord(linking.browser, await go(linking.browser), iss=elsewhere)
    ) == (UNKNOWN)
    assert not discord.token.called
    second = await to_upstream(linking.browser)
    assert title_of(await from_upstream(linking.browser, second, iss=elsewhere)) == UNKNOWN
    assert not provider.token.called


async def test_an_upstream_provider_need_not_name_itself(
    linking: Snowflake, provider: Provider
) -> None:
    sent = await to_upstream(linking.browser)
    says(provider, sent["nonce"])
    assert (await from_upstream(linking.browser, sent, iss=None)).status_code == 200


@hypothesis.settings(max_examples=15)
@given(st.sampled_from(["code", "state", "error", "iss", "\u00e9"]), st.text(max_size=20))
async def test_whatever_is_brought_back_there_is_a_page(
    linking: Snowflake, name: str, value: str
) -> None:
    for step in (from_discord, from_upstream):
        sent = await (go if step is from_discord else to_upstream)(linking.browser)
        page = await step(linking.browser, sent, **{name: value})
        assert page.status_code != 500
        assert "location" not in page.headers or step is from_discord


# Each of the two sides says no, or nothing.


@pytest.mark.parametrize(
    ("error", "title"),
    [
        ("access_denied", CANCELLED),
        ("server_error", UNAVAILABLE),
        ("temporarily_unavailable", UNAVAILABLE),
        ("login_required", "Discord did not let you through"),
        ("invalid_scope", MISCONFIGURED),
        ("invalid_request", MISCONFIGURED),
        ("unauthorized_client", MISCONFIGURED),
        ("<b>", "Discord did not let you through"),
    ],
)
async def test_an_error_at_either_side_is_a_page_that_says_whose_it_is(
    linking: Snowflake, error: str, title: str
) -> None:
    first = await go(linking.browser)
    page = await from_discord(linking.browser, first, code=None, error=error)
    assert title_of(page) == title
    assert again_on(page) == ["/linked-role"]
    second = await to_upstream(linking.browser)
    page = await from_upstream(linking.browser, second, code=None, error=error)
    assert title_of(page) == title.replace("Discord", "Example Society")
    assert again_on(page) == ["/linked-role"]
    assert "<b>" not in page.text


@pytest.mark.parametrize(
    ("error", "logged"),
    [("invalid_scope", "with invalid_scope"), ("<b>", "with an error of its own")],
)
async def test_an_error_that_the_operator_can_mend_is_logged_by_its_name(
    linking: Snowflake, error: str, logged: str
) -> None:
    for step, way in ((from_discord, go), (from_upstream, to_upstream)):
        sent = await way(linking.browser)
        with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as logs:
            await step(linking.browser, sent, code=None, error=error)
        assert [log["cause"] for log in logs if log["event"] == "request"] == [
            f"sent the person back {logged}"
        ]


async def test_without_a_code_there_is_nothing_to_do(linking: Snowflake) -> None:
    page = await from_discord(linking.browser, await go(linking.browser), code=None)
    assert title_of(page) == UNKNOWN
    page = await from_upstream(linking.browser, await to_upstream(linking.browser), code=None)
    assert title_of(page) == UNKNOWN


async def test_whoever_has_not_allowed_it_is_not_sent_on(
    linking: Snowflake, discord: Discord
) -> None:
    discord.grants("identify")
    page = await from_discord(linking.browser, await go(linking.browser))
    assert title_of(page) == CANCELLED
    assert await linking.state.store.discord_tokens.find(APPLICATION, PERSON) is None


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        (httpx.Response(400, json={"error": "invalid_grant"}), SPENT),
        (httpx.Response(401, json={"error": "invalid_client"}), MISCONFIGURED),
        (httpx.Response(503), UNAVAILABLE),
        (httpx.Response(200, text="<html>"), UNAVAILABLE),
    ],
)
async def test_what_discord_says_to_its_code_is_told(
    linking: Snowflake, discord: Discord, answer: httpx.Response, title: str
) -> None:
    discord.token.mock(return_value=answer)
    page = await from_discord(linking.browser, await go(linking.browser))
    assert title_of(page) == title
    assert again_on(page) == ["/linked-role"]


@pytest.mark.parametrize(
    ("answer", "title", "status"),
    [
        (httpx.Response(400, json={"error": "invalid_grant"}), SPENT, 400),
        (httpx.Response(401, json={"error": "invalid_client"}), MISCONFIGURED, 502),
        (httpx.Response(502, text="<html>"), UNAVAILABLE, 503),
        (httpx.ConnectError("refused"), UNAVAILABLE, 503),
    ],
)
async def test_what_the_upstream_provider_says_to_its_code_is_told(
    linking: Snowflake,
    provider: Provider,
    roles: Roles,
    *,
    answer: httpx.Response | httpx.ConnectError,
    title: str,
    status: int,
) -> None:
    sent = await to_upstream(linking.browser)
    provider.token.mock(side_effect=[answer])
    page = await from_upstream(linking.browser, sent)
    assert (title_of(page), page.status_code) == (title, status)
    assert "Example Society" in page.text
    assert not roles.told
    assert await linking.state.store.links.find(PERSON) is None


async def test_an_id_token_with_another_nonce_links_nobody(
    linking: Snowflake, provider: Provider, roles: Roles
) -> None:
    sent = await to_upstream(linking.browser)
    says(provider, "of another login")
    page = await from_upstream(linking.browser, sent)
    assert title_of(page) == MISCONFIGURED
    assert not roles.told


async def test_nobody_is_sent_to_an_upstream_provider_that_is_down(
    linking: Snowflake, provider: Provider
) -> None:
    provider.discovery.respond(503)
    page = await from_discord(linking.browser, await go(linking.browser))
    assert (page.status_code, title_of(page)) == (503, UNAVAILABLE)
    assert "Example Society gives no usable answer" in page.text


async def test_nobody_is_sent_to_a_discord_that_is_down(
    linking: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise TemporarilyUnavailable("Discord answers nobody")

    monkeypatch.setattr(linking.state.discord, "check_is_up", down)
    page = await linking.browser.get("/linked-role")
    assert (page.status_code, title_of(page)) == (503, UNAVAILABLE)
    assert again_on(page) == ["/linked-role"]
    page = await linking.browser.get("/linked-role/unlink")
    assert again_on(page) == ["/linked-role/unlink"]


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        (httpx.Response(400, json={"code": 50035}), MISCONFIGURED),
        (httpx.Response(403, json={"code": 50026}), CANCELLED),
    ],
)
async def test_no_link_is_kept_that_discord_has_refused(
    linking: Snowflake, provider: Provider, roles: Roles, answer: httpx.Response, title: str
) -> None:
    roles.put.mock(side_effect=None, return_value=answer)
    page = await link(linking, provider)
    assert title_of(page) == title
    assert await linking.state.store.links.find(PERSON) is None
    assert provider.revocation.call_count == 1


async def test_a_token_that_discord_has_ended_early_is_renewed_once(
    linking: Snowflake, provider: Provider, roles: Roles, discord: Discord
) -> None:
    roles.put.mock(
        side_effect=[httpx.Response(401, json={"code": 0}), httpx.Response(200, json={})]
    )
    sent = await to_upstream(linking.browser)
    discord.token.respond(json={**WIDE, "access_token": "another", "refresh_token": "another"})
    says(provider, sent["nonce"])
    assert (await from_upstream(linking.browser, sent)).status_code == 200
    assert roles.put.calls.last.request.headers["authorization"] == "Bearer another"


# Who is linked already.


async def link_as(
    snowflake: Snowflake, provider: Provider, discord: Discord, person: str, **claims: object
) -> httpx.Response:
    discord.token.respond(
        json={**WIDE, "access_token": f"of-{person}", "refresh_token": f"refresh-{person}"}
    )
    discord.user.respond(json={**USER, "id": person})
    return await link(snowflake, provider, **claims)


def bearer_of(call: respx.models.Call) -> str:
    header: str = call.request.headers["authorization"]
    return header


async def test_the_newest_link_takes_the_account_and_discord_is_told_so(
    linking: Snowflake, provider: Provider, discord: Discord, roles: Roles
) -> None:
    await link_as(linking, provider, discord, PERSON, since="2021-03-14", posts=12)
    page = await link_as(linking, provider, discord, OTHER, since="2021-03-14", posts=12)
    assert title_of(page) == "You are linked"
    assert [bearer_of(call) for call in roles.put.calls] == [
        f"Bearer of-{PERSON}",
        f"Bearer of-{OTHER}",
        f"Bearer of-{PERSON}",
    ]
    last = roles.told[-1]
    assert last["metadata"] == {
        "member": "0",
        "since": "2999-12-31T00:00:00Z",
        "posts": "-2147483648",
    }
    assert not last["platform_username"]
    links = linking.state.store.links
    assert await links.find(PERSON) is None
    assert [one.person for one in await links.find_by_subject(SUBJECT)] == [OTHER]


async def test_should_discord_not_hear_of_it_the_loser_is_due(
    linking: Snowflake, provider: Provider, discord: Discord, roles: Roles
) -> None:
    await link_as(linking, provider, discord, PERSON)
    roles.put.mock(side_effect=[httpx.Response(200, json={}), httpx.Response(500)])
    page = await link_as(linking, provider, discord, OTHER)
    assert title_of(page) == "You are linked"
    assert await linking.state.store.links.due(NOW, NOW, 9) == (PERSON,)
    lost = await linking.state.store.links.find(PERSON)
    assert lost is not None
    assert lost.state == LOST


async def test_an_account_may_be_shared_where_that_is_allowed(
    settings: Settings, clock: Clock, discord: Discord, roles: Roles, provider: Provider
) -> None:
    shared = with_linked_roles(settings, exclusive=False)
    async with running(shared, clock, discord) as snowflake:
        await link_as(snowflake, provider, discord, PERSON)
        await link_as(snowflake, provider, discord, OTHER)
        links = await snowflake.state.store.links.find_by_subject(SUBJECT)
    assert {one.person for one in links} == {PERSON, OTHER}
    assert len(roles.told) == 2


async def test_whoever_links_another_account_leaves_nothing_of_the_first(
    linking: Snowflake, provider: Provider
) -> None:
    await link(linking, provider)
    await link(linking, provider)
    assert not provider.revocation.called
    await link(linking, provider, sub="another")
    kept = await linking.state.store.links.find(PERSON)
    assert kept is not None
    assert kept.subject == "another"
    assert provider.revocation.call_count == 1


# An upstream provider that signs people in through this very Snowflake.


async def test_a_login_on_the_way_does_not_get_in_the_way(
    linking: Snowflake, provider: Provider
) -> None:
    browser = linking.browser
    first = await go(browser)
    second = at_upstream(await from_discord(browser, first))
    login = await depart(browser)
    back = await come_back(browser, login)
    assert back.headers["location"].startswith("https://app.example.com/callback?code=")
    says(provider, second["nonce"])
    assert title_of(await from_upstream(browser, second)) == "You are linked"


async def test_the_paths_are_there_only_with_linked_roles(snowflake: Snowflake) -> None:
    for path in ("/linked-role", "/linked-role/discord", "/linked-role/upstream"):
        assert (await snowflake.browser.get(path)).status_code == 404
    for path in ("/linked-roles/hook", "/discord/events"):
        assert (await snowflake.browser.post(path)).status_code == 404


async def test_below_a_base_path_everything_leads_there(
    settings: Settings, clock: Clock, discord: Discord, roles: Roles, provider: Provider
) -> None:
    based = with_linked_roles(settings).model_copy(update={"base_path": "/auth"})
    async with running(based, clock, discord, f"{ORIGIN}/auth/") as snowflake:
        page = await snowflake.browser.get(f"{ORIGIN}/auth/linked-role/discord")
        sent = await go(snowflake.browser, f"{ORIGIN}/auth/linked-role")
    assert again_on(page) == ["/auth/linked-role"]
    assert sent["redirect_uri"] == f"{ORIGIN}/auth/linked-role/discord"


def test_the_issuer_of_the_tests_has_a_path() -> None:
    # As that of Authentik has, by which it is compared to the letter.
    assert ISSUER.endswith("/")
