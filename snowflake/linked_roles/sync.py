"""Keeping one link true: what the upstream provider says now, put at Discord if it has changed."""

from dataclasses import replace
from typing import Final, Literal

import structlog
from pydantic import SecretStr

from snowflake.errors import InvalidGrant, InvalidScope, UpstreamRefused
from snowflake.linked_roles.connecting import alone, revoke_upstream, tell
from snowflake.linked_roles.own import table_of, upstream_of
from snowflake.linked_roles.values import username_of, values_of, zeroed
from snowflake.metrics import LINK_SYNCS
from snowflake.state import State
from snowflake.store.links import ENDED, LOST, Link

#: What came of it: the same, put anew, at an end, or nothing to be done.
Outcome = Literal["unchanged", "changed", "ended", "gone"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("unchanged", "changed", "ended", "gone")

_log = structlog.get_logger(__name__)


async def sync(person: str, state: State) -> Outcome:
    """Bring one person's link up to date, alone among all processes.

    Killed at any point, it can be done again. Whoever is gone at the upstream provider fulfils no
    condition any more; whoever has removed the application at Discord is asked about no more.

    Raises:
        UpstreamError: the upstream provider says nothing that can be used.
        OAuthError: Discord does not, or the store, or somebody else is at it for too long.
    """
    # Else the upstream provider is asked in vain.
    state.discord.check_is_up()
    async with alone(person, state):
        link = await state.store.links.find(person)
        if link is None or link.state == ENDED:
            return "gone"
        outcome = await (_withdraw(link, state) if link.state == LOST else _refresh(link, state))
    LINK_SYNCS.labels(outcome).inc()
    return outcome


async def _refresh(link: Link, state: State) -> Outcome:
    table, links, now = table_of(state), state.store.links, int(state.clock())
    seen = link.synced_at

    async def save(refresh_token: SecretStr) -> None:
        await links.save(replace(link, refresh_token=refresh_token), seen=seen)

    fresh = link
    if link.refresh_token is not None:
        try:
            answer = await upstream_of(state).refresh(link.refresh_token, link.subject, save=save)
        except UpstreamRefused as refused:
            _log.info("link_ended", side="upstream", cause=refused.cause)
            return await _end(link, state)
        fresh = replace(link, refresh_token=answer.refresh_token, claims=answer.claims)
    # Even of the same claims: what is made of them may be configured anew.
    values, username = values_of(fresh.claims, table), username_of(fresh.claims, table)
    changed = (values, username) != (dict(link.values), link.username)
    if changed:
        try:
            await tell(link.person, values, username, state)
        except (InvalidGrant, InvalidScope):
            _log.info("link_ended", side="discord")
            await links.end(link.person)
            await revoke_upstream(fresh, state)
            return "ended"
    await links.save(replace(fresh, values=values, username=username, synced_at=now), seen=seen)
    return "changed" if changed else "unchanged"


async def _end(link: Link, state: State) -> Outcome:
    """End the link of somebody who is gone upstream; Discord is told so in as many words."""
    await _tell_nothing(link, state)
    await state.store.links.end(link.person)
    return "ended"


async def _withdraw(link: Link, state: State) -> Outcome:
    """Take from somebody what belongs to another Discord account now."""
    await _tell_nothing(link, state)
    await state.store.links.remove(link.person)
    return "ended"


async def _tell_nothing(link: Link, state: State) -> None:
    # An empty object would be passed over, so every value is written.
    try:
        await tell(link.person, zeroed(table_of(state)), "", state)
    except (InvalidGrant, InvalidScope):
        _log.info("role_connection_gone")
