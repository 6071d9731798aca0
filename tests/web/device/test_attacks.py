"""Whom and what the page of devices keeps out, and what nobody loses when something is down."""

from datetime import timedelta
from html import unescape
from unittest.mock import patch

import httpx
import pytest
import structlog

from snowflake.errors import StoreDown
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.state.quota import DEVICES, USER_CODES
from snowflake.store.attempts import WINDOW
from snowflake.store.device_codes import DeviceCodes
from snowflake.store.logins import Logins
from snowflake.store.session_ends import Which
from tests.login import query_of
from tests.oidc.signed_in import keeping_sessions
from tests.oidc.test_discord_down import come_up, go_down
from tests.quotas import allow as allowing
from tests.running import USER, Clock, Discord, Snowflake
from tests.web.device.television import (
    AS_TELEVISION,
    AS_TOOL,
    TELEVISION,
    TOOL,
    allow,
    begin,
    enter,
    heard,
    poll,
    press,
    sign_in,
)

WRONG = "BBBB-BBBB"


def lasting(snowflake: Snowflake) -> bool:
    return bool(snowflake.settings.session_lifetime)


async def test_user_codes_cannot_be_guessed(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    """Neither by one browser nor, however many it says that it is, from one address."""
    codes = await begin(device)
    guesses = 0
    for _ in range(USER_CODES.most["caller"] // USER_CODES.most["login"] + 1):
        async with snowflake.another_browser() as stranger:
            while (answer := await enter(stranger, WRONG)).status_code == 200:
                assert "No device shows this code" in answer.text
                guesses += 1
            assert answer.status_code == 429
            assert "Retry-After" in answer.headers
            # The right one is not told from a wrong one.
            assert (await enter(stranger, codes["user_code"])).status_code == 429
    assert guesses == USER_CODES.most["caller"]
    # A browser without cookies is one of those at the address.
    for _ in range(20):
        async with snowflake.another_browser() as stranger:
            assert (await enter(stranger, codes["user_code"])).status_code == 429
    snowflake.clock.pass_by(WINDOW)
    assert (await enter(snowflake.browser, (await begin(device))["user_code"])).status_code == 302


async def test_guessers_elsewhere_do_not_keep_out_who_has_been_here(
    snowflake: Snowflake, device: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await allow(snowflake.browser, await begin(device))
    allowing(monkeypatch, USER_CODES, everybody=1)
    async with snowflake.another_browser() as stranger:
        assert (await enter(stranger, WRONG)).status_code == 200
        assert (await enter(stranger, WRONG)).status_code == 429
    assert (await enter(snowflake.browser, WRONG)).status_code == 200
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    assert (await poll(device, codes)).status_code == 200


@pytest.mark.parametrize("text", ["", "BCDF", "BCDF-GHJ1", "AEIOUAEI", "BCDF-GHJK-L", "ß" * 8])
async def test_what_is_no_code_costs_nothing(snowflake: Snowflake, text: str) -> None:
    for _ in range(USER_CODES.most["login"] + 1):
        answer = await enter(snowflake.browser, text)
        assert answer.status_code == 200
        assert "That is no code" in unescape(answer.text)


@pytest.mark.parametrize("spell", [str.lower, lambda code: f" {code.replace('-', ' ')} "])
async def test_codes_may_be_typed_in_any_way(
    snowflake: Snowflake, device: httpx.AsyncClient, spell: object
) -> None:
    assert callable(spell)
    codes = await begin(device)
    assert (await enter(snowflake.browser, spell(codes["user_code"]))).status_code == 302


async def test_public_clients_do_not_fill_the_store(
    snowflake: Snowflake, device: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowing(monkeypatch, DEVICES, caller=2)
    for _ in range(2):
        await begin(device, AS_TOOL)
    answer = await device.post("/device_authorization", data=dict(AS_TOOL))
    assert answer.status_code == 429
    assert answer.json()["error"] == "temporarily_unavailable"
    # Who has proven itself may.
    for _ in range(3):
        await begin(device)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "openid"}, "invalid_client"),
        ({**AS_TELEVISION, "client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "television"}, "invalid_client"),
        ({"client_id": "unheard of"}, "invalid_client"),
        ({"client_id": "1056005449054429204", "client_secret": "x" * 32}, "unauthorized_client"),
        ({"client_id": "grafana", "client_secret": "grafana's secret"}, "unauthorized_client"),
        ({**AS_TELEVISION, "scope": "email"}, "invalid_scope"),
        ({**AS_TELEVISION, "scope": "x" * 3000}, "invalid_request"),
    ],
)
async def test_a_device_that_may_not_hears_why(
    snowflake: Snowflake, device: httpx.AsyncClient, form: dict[str, str], error: str
) -> None:
    answer = await device.post("/device_authorization", data=form)
    assert answer.json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"device_code": ""}, "invalid_request"),
        ({"device_code": "x" * 600}, "invalid_request"),
        ({"device_code": "made up"}, "invalid_grant"),
        ({"include_refresh_token": "false"}, "invalid_request"),
    ],
)
async def test_a_bad_request_costs_the_device_nothing(
    snowflake: Snowflake, device: httpx.AsyncClient, form: dict[str, str], error: str
) -> None:
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    assert (await poll(device, codes, AS_TELEVISION, **form)).json()["error"] == error
    assert (await poll(device, codes)).status_code == 200


async def test_what_a_device_says_of_itself_is_shortened_and_never_markup(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    agent = {"User-Agent": "<script>alert(1)</script>\u00a0\u0085" + "x" * 3000}
    headers = {name.encode(): value.encode("latin-1") for name, value in agent.items()}
    answer = await device.post("/device_authorization", data=dict(AS_TELEVISION), headers=headers)
    page = await sign_in(snowflake.browser, answer.json()["user_code"])
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script" not in page.text
    assert "x" * 130 not in page.text


async def test_a_page_of_another_site_presses_no_button(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    """It has no cookie of ours, and a note that it has got for itself is another browser's."""
    mine, theirs = await begin(device), await begin(device)
    async with snowflake.another_browser() as attacker:
        page = await sign_in(attacker, theirs["user_code"])
    await sign_in(snowflake.browser, mine["user_code"])
    answer = await press(snowflake.browser, page, "allow")
    assert answer.status_code == 400
    for codes in (mine, theirs):
        assert await heard(device, codes) == "authorization_pending"


async def test_a_button_that_is_none_changes_nothing(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    page = await sign_in(snowflake.browser, codes["user_code"])
    for button in ("maybe", "ALLOW", ""):
        answer = await press(snowflake.browser, page, button)
        assert answer.status_code == 400
    assert await heard(device, codes) == "authorization_pending"


@pytest.mark.parametrize(
    "body",
    [b"user_code=%FF", b"user_code=a&user_code=b", b"\xff", b"note=" + b"x" * 33_000, b"a=1"],
)
async def test_whatever_is_sent_to_the_page_gets_a_page(snowflake: Snowflake, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = await snowflake.browser.post("/device", content=body, headers=headers)
    asked = await snowflake.browser.get(f"/device?{body[:2000].decode('latin-1')}")
    # Neither a form nor a query.
    no_form = await snowflake.browser.post("/device", json={"user_code": WRONG})
    for answer in (posted, asked, no_form):
        assert answer.status_code in {200, 400}
        assert answer.headers["content-type"].startswith("text/html")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_double_click_is_one(snowflake: Snowflake, device: httpx.AsyncClient) -> None:
    codes = await begin(device)
    page = await sign_in(snowflake.browser, codes["user_code"])
    for _ in range(2):
        assert "The device may sign in" in (await press(snowflake.browser, page, "allow")).text


async def test_an_old_page_is_answered_no_more(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    page = await sign_in(snowflake.browser, (await begin(device))["user_code"])
    snowflake.clock.pass_by(1801)
    answer = await press(snowflake.browser, page, "allow")
    assert answer.status_code == 400
    assert "Load the page once more" in answer.text


async def test_where_no_client_is_for_devices_there_is_no_page(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with keeping_sessions(settings, clock, discord) as snowflake:
        assert (await snowflake.browser.get("/device")).status_code == 404
        assert (await enter(snowflake.browser, WRONG)).status_code == 404
        document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
        assert "device_authorization_endpoint" not in document


async def test_discovery_names_the_endpoint(snowflake: Snowflake) -> None:
    document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    assert document["device_authorization_endpoint"].endswith("/device_authorization")
    assert "urn:ietf:params:oauth:grant-type:device_code" in document["grant_types_supported"]


async def test_scripts_of_other_origins_may_begin(device: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://tool.example", "Access-Control-Request-Method": "POST"}
    preflight = await device.options("/device_authorization", headers=headers)
    assert preflight.headers["access-control-allow-origin"] == "*"
    answer = await device.post("/device_authorization", data=dict(AS_TOOL), headers=headers)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("lifetime", [timedelta(hours=12), timedelta(0)])
@pytest.mark.parametrize(
    "access",
    [AccessTable(two_factor=True), AccessTable(people=("80351110224678913",))],
    ids=["solvable", "not solvable"],
)
async def test_whoever_may_not_sign_in_is_told_and_so_is_the_device(
    settings: Settings, clock: Clock, discord: Discord, access: AccessTable, lifetime: timedelta
) -> None:
    discord.knows(mfa_enabled=False)
    gated = TELEVISION.model_copy(update={"access": access})
    lasts = {"session_lifetime": lifetime}
    async with (
        keeping_sessions(settings, clock, discord, gated, TOOL, **lasts) as snowflake,
        snowflake.another_browser() as device,
    ):
        # First as a stranger, then by a session, if there are any.
        for _ in range(2):
            codes = await begin(device)
            page = await sign_in_or_see(snowflake.browser, codes["user_code"])
            assert page.status_code == 403
            assert "You can't sign in to <bdi>Television</bdi> yet" in unescape(page.text)
            assert "begin anew on the device" in page.text
            assert "Use another account" not in page.text
            assert await heard(device, codes) == "access_denied"
            await allow(snowflake.browser, await begin(device, AS_TOOL))


async def sign_in_or_see(browser: httpx.AsyncClient, user_code: str) -> httpx.Response:
    answer = await enter(browser, user_code)
    if answer.status_code != 302:
        return answer
    state = query_of(answer.headers["location"])["state"]
    return await browser.get("/callback", params={"state": state, "code": "discord-code"})


async def test_a_gate_that_has_changed_since_denies_the_device(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    gated = TELEVISION.model_copy(update={"access": AccessTable(two_factor=True)})
    snowflake.state.registry.use(snowflake.settings.model_copy(update={"clients": (gated,)}))
    assert await heard(device, codes) == "access_denied"


async def test_while_discord_is_down_the_device_waits_on(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    go_down(snowflake)
    answer = await enter(snowflake.browser, codes["user_code"])
    assert answer.status_code == 503
    assert await heard(device, codes) == "authorization_pending"
    come_up(snowflake)
    await allow(snowflake.browser, codes)
    # It has been asked already.
    go_down(snowflake)
    assert (await poll(device, codes)).status_code == 200


@pytest.mark.parametrize(
    "broken", [(DeviceCodes, "find"), (Logins, "save")], ids=["before", "amidst"]
)
async def test_while_the_store_is_down_nothing_is_lost(
    snowflake: Snowflake, device: httpx.AsyncClient, broken: tuple[type, str]
) -> None:
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    with patch.object(*broken, side_effect=StoreDown("the store cannot be reached")):
        answer = await poll(device, codes)
    assert answer.status_code == 503
    assert answer.json()["error"] == "temporarily_unavailable"
    assert (await poll(device, codes)).status_code == 200


@pytest.mark.parametrize("method", ["allow", "deny"])
async def test_an_answer_that_cannot_be_kept_may_be_given_again(
    snowflake: Snowflake, device: httpx.AsyncClient, method: str
) -> None:
    codes = await begin(device)
    page = await sign_in(snowflake.browser, codes["user_code"])
    with patch.object(DeviceCodes, method, side_effect=StoreDown("the store is slow")):
        assert (await press(snowflake.browser, page, method)).status_code == 503
    assert await heard(device, codes) == "authorization_pending"
    await press(snowflake.browser, page, method)
    answer = await poll(device, codes)
    assert answer.status_code == (200 if method == "allow" else 400)


async def test_whoever_signs_out_before_the_device_asks_takes_it_back(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes, page = await begin(device), None
    await allow(snowflake.browser, codes)
    if lasting(snowflake):
        page = await sign_in(snowflake.browser, (await begin(device))["user_code"])
    await snowflake.state.logout.end(Which(person=str(USER["id"])))
    answer = await poll(device, codes)
    if not lasting(snowflake):
        assert answer.status_code == 200
        return
    assert answer.json()["error"] == "invalid_grant"
    # A page that asks is of no use any more either.
    assert page is not None
    answer = await press(snowflake.browser, page, "allow")
    assert answer.status_code == 400
    assert "not signed in here any more" in answer.text
    assert "/device?user_code=" in answer.text


async def test_whoever_is_erased_leaves_no_device_that_may_sign_in(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    await snowflake.state.store.people.erase(str(USER["id"]))
    assert await heard(device, codes) == "invalid_grant"


async def test_a_device_is_signed_out_with_the_session_unless_it_asked_for_more(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    alive = []
    for scope in ("openid", "openid offline_access"):
        codes = await begin(device, scope=scope)
        await allow(snowflake.browser, codes)
        tokens = (await poll(device, codes)).json()
        alive.append(tokens["refresh_token"])
    await snowflake.state.logout.end(Which(person=str(USER["id"])))
    statuses = []
    for token in alive:
        form = {**AS_TELEVISION, "grant_type": "refresh_token", "refresh_token": token}
        statuses.append((await device.post("/token", data=form)).status_code)
    assert statuses == ([400, 200] if lasting(snowflake) else [200, 200])


async def test_polls_fill_neither_log_nor_metrics(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    with structlog.testing.capture_logs() as lines:
        for error in ("authorization_pending", "slow_down"):
            assert await heard(device, codes) == error
    assert [line["log_level"] for line in lines] == ["debug", "debug"]
    page = await sign_in(snowflake.browser, codes["user_code"])
    with structlog.testing.capture_logs() as lines:
        await press(snowflake.browser, page, "deny")
        assert await heard(device, codes) == "access_denied"
    outcomes = [line["outcome"] for line in lines if "outcome" in line]
    assert outcomes == ["access_denied"]


async def test_what_was_allowed_here_counts_where_consent_is_asked_once(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    once = TELEVISION.model_copy(update={"consent": "once"})
    async with keeping_sessions(settings, clock, discord, once) as snowflake:
        async with snowflake.another_browser() as device:
            for _ in range(2):
                codes = await begin(device, scope="openid email")
                await allow(snowflake.browser, codes)
                assert (await poll(device, codes)).status_code == 200
        consents = snowflake.state.store.consents
        given = await consents.scopes(str(USER["id"]), "television")
        assert given == {"openid", "email"}


async def test_a_client_with_an_issuer_of_its_own_gets_tokens_of_that(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    own = TELEVISION.model_copy(update={"issuer_mode": "per_client"})
    async with keeping_sessions(settings, clock, discord, own) as snowflake:
        base = str(snowflake.browser.base_url)
        document = (
            await snowflake.browser.get("/clients/television/.well-known/openid-configuration")
        ).json()
        assert document["device_authorization_endpoint"] == f"{base}/device_authorization"
        async with snowflake.another_browser() as device:
            codes = await begin(device)
            assert codes["verification_uri"] == f"{base}/device"
            await allow(snowflake.browser, codes)
            tokens = (await poll(device, codes)).json()
            form = {**AS_TELEVISION, "token": tokens["access_token"]}
            told = (await device.post("/introspect", data=form)).json()
        assert told["iss"] == document["issuer"] == f"{base}/clients/television"
