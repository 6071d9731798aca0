"""Keeping one link true: what the upstream provider says now, put at Discord if it has changed."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Literal

import structlog
from pydantic import SecretStr

from snowflake.errors import InvalidGrant, InvalidScope, UpstreamError, UpstreamRefused
from snowflake.linked_roles.alone import alone
from snowflake.linked_roles.disconnecting import delete, revoke_upstream, withdraw
from snowflake.linked_roles.own import application_of, table_of, upstream_of
from snowflake.linked_roles.telling import tell
from snowflake.linked_roles.values import username_of, values_of, zeroed
from snowflake.state import State, renewal
from snowflake.store.link import ACTIVE, ENDED, Link
from snowflake.store.links import Links
from snowflake.telemetry.audit import audit
from snowflake.telemetry.metrics import LINK_SYNCS

#: What came of it: the same, put anew, at an end, or nothing to be done; what the provider gave no
#: refresh token for, so that it is not asked; or the person has to link again, for the link is with
#: another provider than the one that is configured; or somebody else has just done it.
Outcome = Literal["unchanged", "changed", "ended", "gone", "unasked", "elsewhere", "recent"]
#: People whom the provider may refuse in a row. It may have lost all of its grants itself.
MOST_REFUSALS: Final = 5

_log = structlog.get_logger(__name__)


@dataclass
class Refusals:
    """How many people the upstream provider has refused, with nobody between of whom it knew."""

    in_a_row: int = 0


async def sync(
    person: str, state: State, refusals: Refusals | None = None, *, seen: int | None = None
) -> Outcome:
    """Bring one person's link up to date, alone among all processes.

    Killed at any point, it can be done again. Whoever is gone at the upstream provider fulfils no
    condition any more; whoever has removed the application at Discord is asked about no more. A
    link whose ``synced_at`` is later than ``seen`` is left alone.

    Raises:
        UpstreamRefused: after too many ``refusals``; nothing has been ended.
        UpstreamError: the upstream provider says nothing that can be used.
        OAuthError: Discord does not, or the store, or somebody else is at it for too long.
    """
    application = application_of(state.settings).id
    try:
        outcome = await _sync(person, state, refusals or Refusals(), seen)
    except Exception:
        audit("link_sync", "failed", client=application, person=person)
        raise
    if outcome in {"gone", "recent"}:
        return outcome
    audit("link_sync", outcome, client=application, person=person)
    LINK_SYNCS.labels(outcome).inc()
    return outcome


async def _sync(person: str, state: State, refusals: Refusals, seen: int | None) -> Outcome:
    # Else the upstream provider is asked in vain.
    state.discord.check_is_up()
    async with alone(person, state.settings, state.store.leases):
        link = await state.store.links.find(person)
        if link is None or link.state == ENDED:
            return "gone"
        if seen is not None and link.synced_at > seen:
            return "recent"
        if link.state != ACTIVE:
            return await _take_back(link, state)
        if link.issuer != upstream_of(state).issuer:
            return await _leave(link, state.store.links, state.clock())
        return await _refresh(link, state, refusals)


async def _refresh(link: Link, state: State, refusals: Refusals) -> Outcome:
    application, secret = application_of(state.settings)
    table, links, now = table_of(state.settings), state.store.links, int(state.clock())
    works = await renewal.works(application, link.person, state.store.discord_tokens, now)
    seen = link.synced_at
    fresh = replace(link, asked_at=0, retry_at=0)
    if link.refresh_token is not None:
        try:
            fresh = await _ask(fresh, link.refresh_token, state)
        except UpstreamRefused as refused:
            refusals.in_a_row += 1
            if refusals.in_a_row > MOST_REFUSALS:
                raise
            _log_refusal(link, refused)
            await links.end(await withdraw(fresh, state, works=works))
            return "ended"
        refusals.in_a_row = 0
    # Even of the same claims: what is made of them may be configured anew.
    values, username = values_of(fresh.claims, table), username_of(fresh.claims, table)
    changed = (values, username) != (dict(link.values), link.username)
    try:
        with state.discord.deadline():
            await renewal.ahead(application, link.person, secret, state)
        if changed:
            await tell(link.person, values, username, state)
    except (InvalidGrant, InvalidScope):
        _log.warning("link_ended", side="discord")
        await links.end(await withdraw(fresh, state, works=works))
        await revoke_upstream(fresh, state)
        return "ended"
    await links.save(replace(fresh, values=values, username=username, synced_at=now), seen=seen)
    if changed:
        return "changed"
    return "unchanged" if link.refresh_token is not None else "unasked"


async def _ask(link: Link, refresh_token: SecretStr, state: State) -> Link:
    """Ask the upstream provider; answer the link with what it says."""
    links, seen = state.store.links, link.synced_at

    async def save(token: SecretStr) -> None:
        await links.save(replace(link, refresh_token=token), seen=seen)

    await links.mark(link, int(state.clock()))
    try:
        answer = await upstream_of(state).refresh(refresh_token, link.subject, save=save)
    except UpstreamRefused:
        raise
    except UpstreamError as error:
        if error.step != "token":
            # Not asked yet, or answered: no refresh token is lost.
            await links.mark(link, 0)
        raise
    return replace(link, refresh_token=answer.refresh_token, claims=answer.claims)


def _log_refusal(link: Link, refused: UpstreamRefused) -> None:
    if link.asked_at:
        _log.warning(
            "link_ended_by_lost_answer",
            message="the provider's last answer was lost, and with it maybe a new refresh token; "
            "unless the account is closed, the person has to link again",
            person=link.person,
            cause=refused.cause,
        )
    else:
        _log.warning("link_ended", side="upstream", cause=refused.cause)


async def _take_back(link: Link, state: State) -> Outcome:
    """Take from somebody what is another Discord account's now, or was never theirs for certain."""
    works = await renewal.works(
        link.application, link.person, state.store.discord_tokens, state.clock()
    )
    left = await withdraw(link, state, works=works)
    await revoke_upstream(link, state)
    if left.values and left.values != zeroed(table_of(state.settings)):
        # For whoever lists those who may still hold a role.
        await state.store.links.end(left)
        return "ended"
    if left.values:
        # Roles are gone by what Discord was told. Without a link nobody could take back the rest.
        with suppress(InvalidGrant, InvalidScope):
            await delete(link.person, state)
    await state.store.links.remove(link.person)
    return "ended"


async def _leave(link: Link, links: Links, now: float) -> Outcome:
    """Send nothing of it to a provider that is not its own."""
    await links.save(replace(link, synced_at=int(now), retry_at=0), seen=link.synced_at)
    return "elsewhere"
