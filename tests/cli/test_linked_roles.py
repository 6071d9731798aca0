"""``snowflake linked-roles``, beside a store with two people in it."""

import asyncio
import json
from importlib import import_module
from pathlib import Path

import httpx
import pytest
import respx
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from snowflake import cli
from snowflake.cli.commands import app
from snowflake.linked_roles.schema import schema_of
from snowflake.store.discord_tokens import StoredTokens
from tests.linked_roles.links import linked
from tests.linked_roles.tables import FILE, linked_roles, metadata
from tests.linked_roles.world import (
    APPLICATION,
    APPLICATION_SECRET,
    BOT_TOKEN,
    METADATA,
    ROLE_CONNECTION,
)
from tests.running import DISCORD_API, NOW, Clock
from tests.store.places import SECRET, Place, place_on
from tests.upstream.provider import Provider

PERSON, OTHER = "80351110224678912", "197038439483310086"
OURS = [item.model_dump() for item in schema_of(linked_roles(metadata()))]


def tokens(person: str) -> StoredTokens:
    return StoredTokens(
        application=APPLICATION,
        person=person,
        access_token=SecretStr(f"of-{person}"),
        refresh_token=SecretStr(f"discord-refresh-{person}"),
        scopes=frozenset({"identify", "role_connections.write"}),
        expires_at=2**40,
    )


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Place:
    place = place_on("sqlite", tmp_path)

    async def fill() -> None:
        async with place.store(clock) as store:
            for person in (PERSON, OTHER):
                await store.links.take_over(linked(person), exclusive=True)
                await store.discord_tokens.put(tokens(person))

    asyncio.run(fill())
    (tmp_path / "snowflake.toml").write_text(FILE)
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SNOWFLAKE_DATABASE_URL", place.url)
    monkeypatch.setenv("SNOWFLAKE_SECRET_KEY", SECRET.decode())
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_ID", APPLICATION)
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_SECRET", APPLICATION_SECRET)
    monkeypatch.setenv("SNOWFLAKE_DISCORD_BOT_TOKEN", BOT_TOKEN)
    return place


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["linked-roles", *arguments], input=answer)


def states(place: Place) -> dict[str, str]:
    return dict(asyncio.run(place.rows("SELECT person, state FROM links")))


# Conditions.


@pytest.mark.parametrize(
    ("options", "answer", "puts"),
    [([], "y\n", True), ([], "n\n", False), (["--yes"], None, True), (["--dry-run"], None, False)],
)
@respx.mock(using="aiohttp", assert_all_called=False)
def test_what_would_change_is_shown_and_put_if_it_is_wanted(
    filled: Place,
    respx_mock: respx.MockRouter,
    options: list[str],
    answer: str | None,
    *,
    puts: bool,
) -> None:
    respx_mock.get(METADATA).respond(json=[])
    put = respx_mock.put(METADATA).respond(json=OURS)
    result = run("register", *options, answer=answer)
    assert "added: member (boolean_equal): 'Member'" in result.output
    assert put.called == puts
    assert (result.exit_code == 1) == (answer == "n\n")
    if puts:
        assert put.calls.last.request.headers["authorization"] == f"Bot {BOT_TOKEN}"
        assert [item["key"] for item in json.loads(put.calls.last.request.content)] == ["member"]


@respx.mock(using="aiohttp")
def test_what_is_there_already_is_not_put(filled: Place, respx_mock: respx.MockRouter) -> None:
    respx_mock.get(METADATA).respond(json=OURS)
    result = run("register")
    assert (result.exit_code, result.output) == (0, "Discord has these conditions already.\n")


def failing(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["snowflake", "linked-roles", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@respx.mock(using="aiohttp", assert_all_called=False)
def test_conditions_that_discord_does_not_take_are_told(
    filled: Place,
    respx_mock: respx.MockRouter,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    respx_mock.get(METADATA).respond(json=[])
    respx_mock.put(METADATA).respond(400, json={"code": 50035})
    assert failing(monkeypatch, "register", "--yes") == 1
    assert "Discord does not take" in capsys.readouterr().err


def test_without_a_bot_nothing_can_be_registered(
    filled: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SNOWFLAKE_DISCORD_BOT_TOKEN")
    assert failing(monkeypatch, "register") == 2
    assert "SNOWFLAKE_DISCORD_BOT_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["register"], ["sync"], ["list"], ["unlink", "--person", "1"]])
def test_without_linked_roles_there_is_nothing_to_do(
    filled: Place,
    tmp_path: Path,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "snowflake.toml").write_text("")
    assert failing(monkeypatch, *command) == 2
    assert "linked_roles: is not configured" in capsys.readouterr().err


# People.


def upstream_says(provider: Provider, *, groups: list[str]) -> None:
    def userinfo(request: httpx.Request) -> httpx.Response:
        person = request.headers["authorization"].removeprefix("Bearer ")
        said = {"sub": f"subject-{person}", "preferred_username": "ada.l", "groups": groups}
        return httpx.Response(200, json=said)

    def refresh(request: httpx.Request) -> httpx.Response:
        sent = dict(httpx.QueryParams(request.content.decode()))["refresh_token"]
        person = sent.removeprefix("upstream-refresh-")
        return httpx.Response(200, json={"access_token": person, "token_type": "bearer"})

    provider.token.mock(side_effect=refresh)
    provider.userinfo.mock(side_effect=userinfo)


@respx.mock(using="aiohttp", assert_all_called=False)
def test_everybody_is_synced_or_one_person(filled: Place, respx_mock: respx.MockRouter) -> None:
    put = respx_mock.put(ROLE_CONNECTION).respond(json={})
    with respx.mock(assert_all_called=False) as router:
        upstream_says(Provider(router), groups=[])
        one = run("sync", "--person", PERSON)
        assert put.call_count == 1
        everybody = run("sync")
    assert one.exit_code == 0
    assert one.output.splitlines()[-1] == "1 links: 1 changed"
    assert everybody.output.splitlines()[-1] == "2 links: 1 changed, 1 unchanged"
    assert put.call_count == 2


def test_a_sync_that_fails_for_everybody_stops_and_says_so(
    filled: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The package has the command by the module's name.
    monkeypatch.setattr(import_module("snowflake.cli.linked_roles"), "MOST_FAILURES", 1)
    with respx.mock(assert_all_called=False) as router:
        Provider(router).discovery.respond(503)
        result = run("sync")
    assert result.exit_code == 1
    assert "Stopped" in result.output
    assert result.output.splitlines()[-1] == "1 links: 1 failed"
    assert set(states(filled).values()) == {"active"}


@respx.mock(using="aiohttp", assert_all_called=False)
def test_one_who_fails_stops_nobody_else(filled: Place, respx_mock: respx.MockRouter) -> None:
    damage = f"UPDATE links SET sealed = 'damaged' WHERE person = '{PERSON}'"  # noqa: S608 - ours
    asyncio.run(filled.change(damage))
    with respx.mock(assert_all_called=False) as router:
        upstream_says(Provider(router), groups=["members"])
        result = run("sync")
    assert result.exit_code == 1
    assert f"{PERSON}: the store cannot be read" in result.output
    assert result.output.splitlines()[-1] == "2 links: 1 failed, 1 unchanged"
    listed = run("list")
    assert listed.exit_code == 0
    assert "cannot be read" in listed.output
    as_json = json.loads(run("list", "--json").output)
    assert [one["person"] for one in as_json if one["note"]] == [PERSON]


def test_a_provider_that_refuses_everybody_stops_it(
    filled: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowflake.linked_roles.sync.MOST_REFUSALS", 0)
    with respx.mock(assert_all_called=False) as router:
        Provider(router).token.respond(400, json={"error": "invalid_grant"})
        result = run("sync")
    assert result.exit_code == 1
    assert "refuses everybody" in result.output
    assert result.output.splitlines()[-1] == "1 links: 1 failed"
    assert set(states(filled).values()) == {"active"}


def test_those_who_are_not_kept_true_are_told_of(filled: Place, clock: Clock) -> None:
    async def change() -> None:
        async with filled.store(clock) as store:
            claims = {"groups": ["members"], "preferred_username": "ada.l"}
            await store.links.keep(linked(PERSON, refresh_token=None, claims=claims))
            await store.links.keep(linked(OTHER, issuer="https://before.example.com"))

    asyncio.run(change())
    with respx.mock(assert_all_called=False) as router:
        upstream_says(Provider(router), groups=["members"])
        result = run("sync")
    assert result.exit_code == 0
    head, *words = result.output.splitlines()[-3:]
    assert head == "2 links: 1 elsewhere, 1 unasked"
    assert "have to link again" in words[0]
    assert "without a refresh token" in words[1]
    listed = run("list").output
    assert "of another issuer: has to link again" in listed
    assert "never brought up to date" in listed


def test_nobody_is_synced_who_is_not_linked(filled: Place) -> None:
    result = run("sync", "--person", "1")
    assert (result.exit_code, "not linked" in result.output) == (1, True)
    asyncio.run(filled.change("DELETE FROM links"))
    result = run("sync")
    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == "Nobody is linked."


def test_who_is_linked_is_listed(filled: Place, clock: Clock) -> None:
    async def change() -> None:
        async with filled.store(clock) as store:
            odd = linked(OTHER, subject="\x1b[31m\u202e" + "x" * 40, username="\x07", synced_at=0)
            await store.links.take_over(odd, exclusive=True)
            await store.links.end(linked(PERSON))

    asyncio.run(change())
    result = run("list")
    assert result.exit_code == 0
    head, *rows = result.output.splitlines()
    assert head.split() == ["PERSON", "STATE", "USERNAME", "SUBJECT", "SYNCED", "NOTE"]
    assert rows[0].split() == [OTHER, "active", "-", "[31m" + "x" * 20 + "…", "due"]
    shown = f"subject-{PERSON}"[:24] + "…"
    ended = [PERSON, "ended", "ada.l", shown, "2027-01-15", "08:00", "UTC"]
    assert rows[1].split()[:7] == ended
    assert rows[1].endswith("the role may still be held: Discord could not be told")


def test_the_list_as_json_holds_no_token(filled: Place) -> None:
    result = run("list", "--json")
    listed = json.loads(result.output)
    assert [one["person"] for one in listed] == sorted((PERSON, OTHER))
    assert listed[1] == {
        "person": PERSON,
        "state": "active",
        "subject": f"subject-{PERSON}",
        "username": "ada.l",
        "values": {"member": "1"},
        "refreshable": True,
        "linked_at": NOW,
        "synced_at": NOW,
        "note": "",
    }
    assert "refresh-" not in result.output


@respx.mock(using="aiohttp")
def test_somebody_is_unlinked_everywhere(filled: Place, respx_mock: respx.MockRouter) -> None:
    gone = respx_mock.delete(ROLE_CONNECTION).respond(204)
    respx_mock.post(f"{DISCORD_API}/oauth2/token/revoke").respond(json={})
    with respx.mock(assert_all_called=False) as router:
        provider = Provider(router)
        result = run("unlink", "--person", PERSON)
        assert provider.revocation.called
    assert result.exit_code == 0
    assert result.stdout.startswith("Unlinked.")
    assert gone.calls.last.request.headers["authorization"] == f"Bearer of-{PERSON}"
    assert states(filled) == {OTHER: "active"}
    again = run("unlink", "--person", PERSON)
    assert (again.exit_code, "not linked" in again.output) == (1, True)
