"""A thousand links, of which a tenth has changed."""

import json
from collections import Counter

import pytest
from pydantic import SecretStr

from snowflake.linked_roles.background import Rounds
from snowflake.settings import Settings
from snowflake.store.discord_tokens import StoredTokens
from snowflake.upstream.calls import Call, Calls, Reply
from tests.linked_roles.links import linked
from tests.linked_roles.world import APPLICATION, MEMBER, WIDE, Roles, with_linked_roles
from tests.running import NOW, Clock, Discord, Snowflake, running
from tests.upstream.provider import ISSUER

LINKS, CHANGED = 1000, 100
DISCOVERY = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}authorize",
    "token_endpoint": f"{ISSUER}token",
    "userinfo_endpoint": f"{ISSUER}userinfo",
    "jwks_uri": f"{ISSUER}jwks",
    "id_token_signing_alg_values_supported": ["ES256"],
}


def has_changed(person: str) -> bool:
    return int(person) % (LINKS // CHANGED) == 0


class Upstream:
    """Answers for whoever's token it is; whoever has changed is a member no more."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    async def send(self, call: Call) -> Reply:
        """Answer in place of what ``Calls`` would ask."""
        self.asked[call.route] += 1
        answer = json.dumps(self._answer(call)).encode()
        return Reply(call.route, 200, answer, "application/json")

    def _answer(self, call: Call) -> object:
        if call.form is not None:
            # Each refresh token works once.
            person, _, number = call.form["refresh_token"].partition("-")
            assert number == "0"
            return {"access_token": person, "token_type": "Bearer", "refresh_token": f"{person}-1"}
        if call.headers is None:
            return DISCOVERY
        person = call.headers["Authorization"].removeprefix("Bearer ")
        groups = [] if has_changed(person) else ["members"]
        return {"sub": f"subject-{person}", "preferred_username": "ada", "groups": groups}


async def fill(snowflake: Snowflake) -> None:
    """Put everybody into the store, as if each had been linked just now.

    Only of those who have changed may Discord's tokens be needed.
    """
    store = snowflake.state.store
    for person in map(str, range(LINKS, 2 * LINKS)):
        link = linked(person, refresh_token=SecretStr(f"{person}-0"), username="ada")
        tokens = StoredTokens(
            application=APPLICATION,
            person=person,
            access_token=SecretStr(f"discord-{person}"),
            refresh_token=SecretStr(f"discord-refresh-{person}"),
            scopes=frozenset(str(WIDE["scope"]).split()),
            expires_at=NOW + 604_800,
        )
        await store.links.take_over(link, exclusive=False)
        if has_changed(person):
            await store.discord_tokens.put(tokens)


async def test_discord_is_told_of_those_alone_who_have_changed(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    roles: Roles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upstream = Upstream()
    # Found on the class and not bound to its object, as it is bound already.
    monkeypatch.setattr(Calls, "send", staticmethod(upstream.send))
    configured = with_linked_roles(settings, metadata=[MEMBER]).model_copy(
        update={"database_url": SecretStr("sqlite://")}
    )
    async with running(configured, clock, discord) as snowflake:
        await fill(snowflake)
        clock.pass_by(6 * 3600 + 1)
        await Rounds(snowflake.state).round()
        assert upstream.asked == {"discovery": 1, "token": LINKS, "userinfo": LINKS}
        assert len(roles.told) == CHANGED
        assert all(told["metadata"] == {"member": "0"} for told in roles.told)
        assert not discord.token.called
        await Rounds(snowflake.state).round()
        assert upstream.asked["token"] == LINKS
