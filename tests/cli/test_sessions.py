import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from snowflake.cli.commands import app
from snowflake.errors import StartFault
from snowflake.store.session_logins import Arrival
from snowflake.store.sessions import Account, Session
from tests.running import NOW, Clock
from tests.store.furniture import APPLICATION, PERSON, tokens
from tests.store.places import SECRET, Place, place_on

OTHER = "197038439483310086"


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Prepare a store with two people who are signed in, as the command finds it."""
    place = place_on("sqlite", tmp_path)
    clock = Clock()
    far = 4_000_000_000

    async def fill() -> None:
        async with place.store(clock) as store:
            for person in (PERSON, OTHER):
                session = Session(
                    application=APPLICATION,
                    person=person,
                    issuer="https://snowflake.example.com",
                    browser=f"the browser of {person}",
                    auth_time=NOW,
                    began_at=NOW,
                    used_at=NOW,
                    expires_at=far,
                    account=Account(f'{{"id":"{person}"}}', frozenset({"identify"}), NOW),
                )
                arrival = Arrival("grafana", person, tokens(person))
                await store.session_logins.begin(session, person, None, arrival, told=())

    asyncio.run(fill())
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SNOWFLAKE_DATABASE_URL", place.url)
    monkeypatch.setenv("SNOWFLAKE_SECRET_KEY", SECRET.decode())
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_ID", APPLICATION)
    monkeypatch.setenv("SNOWFLAKE_DISCORD_CLIENT_SECRET", "secret")
    return place


def run(*arguments: str, answer: str | None = None) -> str:
    result = CliRunner().invoke(app, arguments, input=answer, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def signed_in(place: Place) -> set[str]:
    return {person for (person,) in asyncio.run(place.rows("SELECT person FROM sessions"))}


def test_everybody_who_is_signed_in_is_listed(filled: Place) -> None:
    assert signed_in(filled)
    lines = run("sessions", "list").splitlines()
    assert lines[0].split() == ["PERSON", "SIGNED", "IN", "LAST", "USED", "ENDS", "CLIENTS"]
    assert {line.split()[0] for line in lines[1:]} == {PERSON, OTHER}
    assert all(line.endswith("grafana") for line in lines[1:])


def test_the_page_of_the_account_is_listed_in_words(filled: Place) -> None:
    asyncio.run(filled.change(r"UPDATE session_clients SET client_id = '\:account'"))
    [_, *lines] = run("sessions", "list").splitlines()
    assert all(line.endswith("(account page)") for line in lines)


def test_one_person_is_listed_for_programs(filled: Place) -> None:
    assert signed_in(filled)
    [one] = json.loads(run("sessions", "list", "--person", PERSON, "--json"))
    assert (one["person"], one["auth_time"]) == (PERSON, NOW)
    [client] = one["clients"]
    assert client["client_id"] == "grafana"
    assert client["sid"]


def test_one_person_is_signed_out(filled: Place) -> None:
    assert "Sessions: 1" in run("sessions", "end", "--person", PERSON)
    assert signed_in(filled) == {OTHER}
    assert "Sessions: 0" in run("sessions", "end", "--person", PERSON)


def test_everybody_is_signed_out_when_asked_twice(filled: Place) -> None:
    asked = CliRunner().invoke(app, ["sessions", "end", "--all"], input="n\n")
    assert asked.exit_code == 1
    assert signed_in(filled) == {PERSON, OTHER}
    assert "Sessions: 2" in run("sessions", "end", "--all", "--yes")
    assert signed_in(filled) == set()


@pytest.mark.parametrize("arguments", [[], ["--all", "--person", PERSON]])
def test_it_has_to_be_said_whose(filled: Place, arguments: list[str]) -> None:
    assert signed_in(filled)
    with pytest.raises(StartFault, match="--person"):
        CliRunner().invoke(app, ["sessions", "end", *arguments], catch_exceptions=False)
