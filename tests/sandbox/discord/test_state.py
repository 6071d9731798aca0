"""What a test changes while the simulation runs."""

from dataclasses import replace
from typing import Any

import pytest

from snowflake.sandbox.discord import Membership, SimulatedDiscord
from snowflake.sandbox.discord.places import KEEPER, LIGHTHOUSE, NIGHT_SHIFT, SYNTHS
from tests.sandbox.discord.party import ADA, APPLICATION, EVERYBODY, Party, returned


@pytest.fixture
def member(party: Party) -> Any:
    def member(guild: str = LIGHTHOUSE) -> Any:
        response = party.bot_gets(f"/guilds/{guild}/members/{ADA}")
        return response.json() if response.status_code == 200 else response.json()["code"]

    return member


def test_a_role_can_be_taken(discord: SimulatedDiscord, member: Any) -> None:
    before = member()
    discord.take_role(ADA, LIGHTHOUSE, KEEPER)
    assert member() == {**before, "roles": [NIGHT_SHIFT]}


@pytest.mark.parametrize(("guild", "role"), [(LIGHTHOUSE, "1"), (SYNTHS, KEEPER)])
def test_a_role_that_nobody_has_cannot_be_taken(
    discord: SimulatedDiscord, guild: str, role: str
) -> None:
    with pytest.raises(LookupError, match=role):
        discord.take_role(ADA, guild, role)


def test_somebody_can_leave_and_come_back(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord, member: Any
) -> None:
    discord.leave(ADA, LIGHTHOUSE)
    assert member() == 10007
    guilds = party.get("/users/@me/guilds", tokens["access_token"]).json()
    assert LIGHTHOUSE not in {guild["id"] for guild in guilds}
    discord.join(ADA, Membership(LIGHTHOUSE, nick="Back again"))
    assert (member()["nick"], member()["roles"]) == ("Back again", [])


def test_a_membership_can_be_another(discord: SimulatedDiscord, member: Any) -> None:
    before = discord.people[ADA].guilds
    discord.join(ADA, Membership(LIGHTHOUSE, pending=True))
    assert member()["pending"] is True
    assert discord.people[ADA].guilds == before


def test_a_role_can_have_another_name(party: Party, discord: SimulatedDiscord) -> None:
    guild = discord.guilds[LIGHTHOUSE]
    renamed = tuple(replace(role, name=f"Old {role.name}") for role in guild.roles)
    discord.guilds[LIGHTHOUSE] = replace(guild, roles=renamed)
    names = [role["name"] for role in party.bot_gets(f"/guilds/{LIGHTHOUSE}/roles").json()]
    assert "Old Keeper" in names


def test_people_are_found_by_their_names(discord: SimulatedDiscord) -> None:
    assert [discord.named(person.username) for person in EVERYBODY] == list(EVERYBODY)
    with pytest.raises(LookupError, match=r"nobody is named nobody\.here"):
        discord.named("nobody.here")


def test_a_redirect_uri_can_be_added(party: Party, discord: SimulatedDiscord) -> None:
    uri = "http://localhost:8000/callback"
    assert party.ask(redirect_uri=uri).status_code == 400
    discord.add_redirect_uri(APPLICATION.id, uri)
    assert "code" in returned(party.decide(redirect_uri=uri))
    assert party.ask().status_code == 200
