import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import respx
from typer.testing import CliRunner

from snowflake.cli import main
from snowflake.cli.commands import MISCONFIGURED, app
from snowflake.errors import StartFault
from tests.linked_roles.tables import FILE
from tests.running import DISCORD_API, NOW, TOKENS, Clock
from tests.store.furniture import APPLICATION, GUILD, PERSON, grant, link, put_login, tokens
from tests.store.places import SECRET, Place, place_on
from tests.upstream.provider import Provider

OTHER = "197038439483310086"
ROLE_CONNECTION = f"{DISCORD_API}/users/@me/applications/{APPLICATION}/role-connection"


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Place:
    """Prepare a store with two people in it, as the command finds it."""
    place = place_on("sqlite", tmp_path)

    async def fill() -> None:
        async with place.store(clock) as store:
            for number, person in enumerate((PERSON, PERSON, OTHER)):
                await put_login(store, f"code {number}", person)
            for linked in (link(PERSON), link(OTHER, "another subject")):
                await store.links.take_over(linked, exclusive=False)

    asyncio.run(fill())
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SNOWFLAKE_DATABASE_URL", place.url)
    monkeypatch.setenv("SNOWFLAKE_SECRET_KEY", SECRET.decode())
    return place


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def people_in(place: Place) -> set[str]:
    found: set[str] = set()
    for table in ("grants", "discord_tokens", "memberships", "links"):
        rows = asyncio.run(place.rows(f"SELECT person FROM {table}"))  # noqa: S608 - ours
        found |= {person for (person,) in rows}
    return found


def test_everything_about_a_person_is_shown_but_no_token(filled: Place) -> None:
    output = run("export", "--person", PERSON)
    shown = json.loads(output)
    assert shown["person"] == PERSON
    made = grant()
    assert len(shown["grants"]) == 2
    assert shown["grants"][0] == {
        "client_id": APPLICATION,
        "scopes": list(made.scopes),
        "claims": made.claims,
        "auth_time": made.auth_time,
        "expires_at": made.expires_at,
    }
    [pair] = shown["discord_tokens"]
    assert (pair["application"], pair["scopes"]) == (APPLICATION, ["email", "identify"])
    in_one_guild = {"guild": "all", "answer": [{"id": GUILD}], "asked_at": NOW}
    assert shown["memberships"] == [in_one_guild]
    linked = link()
    assert shown["link"] == {
        "application": APPLICATION,
        "issuer": linked.issuer,
        "subject": linked.subject,
        "claims": linked.claims,
        "values": linked.values,
        "username": linked.username,
        "state": "active",
        "linked_at": NOW,
        "synced_at": NOW,
    }
    for secret in (tokens().access_token, tokens().refresh_token, linked.refresh_token):
        assert secret is not None
        assert secret.get_secret_value() not in output


def test_somebody_unknown_has_nothing(filled: Place) -> None:
    exported = CliRunner().invoke(app, ["export", "--person", "1"], catch_exceptions=False)
    assert exported.stderr.endswith("\nNothing is kept about this person.\n")
    assert json.loads(exported.stdout) == {
        "person": "1",
        "grants": [],
        "sessions": [],
        "discord_tokens": [],
        "memberships": [],
        "consents": [],
        "devices": [],
        "pending_logouts": [],
        "looked_at": None,
        "link": None,
    }
    assert run("purge", "--person", "1") == "Nothing is kept about this person.\n"
    assert people_in(filled) == {PERSON, OTHER}


def test_of_whom_applications_are_yet_to_hear_something_is_kept(filled: Place) -> None:
    sql = (
        "INSERT INTO logout_deliveries (id, client_id, person, sid, issuer, attempts, refusals, "
        "due_at, held_until, expires_at) VALUES ('1', 'wiki', '1', 's', 'i', 2, 0, 0, 0, 9)"
    )
    filled.run(sql)
    shown = json.loads(run("export", "--person", "1"))
    assert shown["pending_logouts"] == [
        {
            "client_id": "wiki",
            "issuer": "i",
            "sid": "s",
            "subject": "1",
            "attempts": 2,
            "expires_at": 9,
        }
    ]
    # They are to hear of it, whoever is erased.
    assert run("purge", "--person", "1").startswith("Nothing is kept about this person but that")


@pytest.mark.parametrize(
    "command",
    ["export", "purge", "preview --client app", "linked-roles sync", "linked-roles unlink"],
)
def test_what_is_no_id_is_refused_before_anybody_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setattr("sys.argv", ["snowflake", *command.split(), "--person", "@ada#0"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (MISCONFIGURED, "")
    assert told.err == "--person: must be an ID of Discord's, such as 197038439483310086\n"


@pytest.mark.parametrize("url", [None, "sqlite:///{}/other.db"])
def test_nobody_is_looked_for_where_there_is_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None
) -> None:
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    if url is not None:
        monkeypatch.setenv("SNOWFLAKE_DATABASE_URL", url.format(tmp_path))
    for command in ("export", "purge"):
        with pytest.raises(StartFault, match=r"\.db: there is no store"):
            run(command, "--person", PERSON)
    assert list(tmp_path.iterdir()) == []


KEPT = (
    f"Kept about {PERSON}: logins: 2; sessions: 0; pairs of Discord's tokens: 1; "
    "remembered answers about guilds: 1; a link to an account at the upstream provider."
)


def purge() -> str:
    return run("purge", "--person", PERSON, "--yes")


def test_what_a_purge_would_erase_can_be_asked(filled: Place) -> None:
    assert run("purge", "--person", PERSON, "--dry-run").splitlines() == [KEPT]
    assert people_in(filled) == {PERSON, OTHER}


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_nothing_is_erased_unless_it_is_meant(filled: Place, answer: str) -> None:
    result = CliRunner().invoke(app, ["purge", "--person", PERSON], input=answer)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{KEPT}\nErase all of it? It cannot be brought back. [y/N]: ")
    assert people_in(filled) == {PERSON, OTHER}


@respx.mock(using="aiohttp")
def test_who_says_yes_means_it(filled: Place, respx_mock: respx.MockRouter) -> None:
    respx_mock.post(f"{DISCORD_API}/oauth2/token/revoke").respond(json={})
    result = CliRunner().invoke(app, ["purge", "--person", PERSON], input="y\n")
    assert result.exit_code == 0
    assert people_in(filled) == {OTHER}


@respx.mock(using="aiohttp")
def test_a_purge_erases_one_person_here_and_at_discord(
    filled: Place, respx_mock: respx.MockRouter
) -> None:
    revoked = respx_mock.post(f"{DISCORD_API}/oauth2/token/revoke").respond(json={})
    told, first, second, last = purge().splitlines()
    assert told == KEPT
    assert first == "Erased. Logins: 2; pairs of Discord's tokens: 1."
    assert second == "Erased the link to an account at the upstream provider."
    # Whose linked roles they were is not configured any more.
    assert last.startswith("Discord may still know")
    assert people_in(filled) == {OTHER}
    assert len(asyncio.run(filled.rows("SELECT hash FROM refresh_tokens"))) == 1
    sent = dict(httpx.QueryParams(revoked.calls.last.request.content.decode()))
    assert sent == {"client_id": APPLICATION, "token": f"discord-refresh-token-{PERSON}"}


@respx.mock(using="aiohttp")
def test_what_discord_did_not_revoke_is_told(filled: Place, respx_mock: respx.MockRouter) -> None:
    refusal = {"error": "invalid_client"}
    respx_mock.post(f"{DISCORD_API}/oauth2/token/revoke").respond(401, json=refusal)
    _, first, *_, last = purge().splitlines()
    assert first == "Erased. Logins: 2; pairs of Discord's tokens: 1."
    assert APPLICATION in last
    assert "Authorized Apps" in last
    assert people_in(filled) == {OTHER}


@pytest.fixture
def linked(filled: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The same store, of a Snowflake with linked roles."""
    (tmp_path / "snowflake.toml").write_text(FILE)
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_ID", APPLICATION)
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_SECRET", "of-our-own")
    return filled


@pytest.fixture
def provider() -> Iterator[Provider]:
    with respx.mock(assert_all_called=False) as router:
        yield Provider(router)


@respx.mock(using="aiohttp")
def test_a_purge_withdraws_what_discord_was_told_for_linked_roles(
    linked: Place, provider: Provider, respx_mock: respx.MockRouter
) -> None:
    renewed = {**TOKENS, "scope": "identify role_connections.write", "refresh_token": "renewed"}
    respx_mock.post(f"{DISCORD_API}/oauth2/token").respond(json=renewed)
    ended, done = httpx.Response(401, json={"code": 0}), httpx.Response(204)
    gone = respx_mock.delete(ROLE_CONNECTION).mock(side_effect=[ended, done])
    revoked = respx_mock.post(f"{DISCORD_API}/oauth2/token/revoke").respond(json={})
    assert purge().splitlines()[1:] == [
        "Erased. Logins: 2; pairs of Discord's tokens: 1.",
        "Erased the link to an account at the upstream provider.",
    ]
    assert gone.call_count == 2
    [call] = provider.revocation.calls
    assert f"token=upstream-refresh-token-{PERSON}&".encode() in call.request.content
    # The pair that is left at the end, not the one that there was.
    assert b"token=renewed" in revoked.calls.last.request.content
    assert people_in(linked) == {OTHER}


@respx.mock(using="aiohttp", assert_all_called=False)
def test_a_purge_says_if_discord_could_not_be_told(
    linked: Place, provider: Provider, respx_mock: respx.MockRouter
) -> None:
    respx_mock.route().respond(401, json={"error": "invalid_client"})
    assert "Discord may still know what it was told" in purge()
    assert provider.revocation.called
    assert people_in(linked) == {OTHER}
