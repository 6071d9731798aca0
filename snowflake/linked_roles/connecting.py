"""How a link begins: Discord is told of the person, and the link is kept."""

from dataclasses import replace
from typing import TypedDict

import structlog

from snowflake.errors import InvalidClient, InvalidGrant, InvalidRequest, InvalidScope, OAuthError
from snowflake.linked_roles.alone import alone, longest
from snowflake.linked_roles.disconnecting import revoke_upstream
from snowflake.linked_roles.own import application_of, table_of, upstream_of
from snowflake.linked_roles.telling import tell
from snowflake.linked_roles.values import username_of, values_of
from snowflake.state import State
from snowflake.store.link import ACTIVE, PENDING, Link
from snowflake.upstream.answer import Answer

_log = structlog.get_logger(__name__)


class _Unknown(TypedDict):
    """What is kept of a link while nobody knows what Discord has."""

    values: dict[str, str]
    username: str
    synced_at: int
    retry_at: int


async def connect(person: str, answer: Answer, state: State) -> tuple[Link, tuple[Link, ...]]:
    """Tell Discord of a person who has come back from the upstream provider, and keep the link.

    Answers the link, and those who have lost the upstream account to it. Before Discord is told,
    it is kept that this is about to be done: whether it was cannot be known if the answer is lost
    or this process dies, and the sync then takes it back.

    Raises:
        OAuthError: Discord did not take it, or nobody knows.
    """
    table, now = table_of(state.settings), int(state.clock())
    link = Link(
        person=person,
        application=application_of(state.settings).id,
        issuer=upstream_of(state).issuer,
        subject=answer.subject,
        refresh_token=answer.refresh_token,
        claims=answer.claims,
        linked_at=now,
        synced_at=now,
        values=values_of(answer.claims, table),
        username=username_of(answer.claims, table),
    )
    async with alone(person, state.settings, state.store.leases):
        # Else what is not even begun would have to be taken back.
        state.discord.check_is_up()
        before = await state.store.links.find(person)
        if before is not None and _same_account(before, link):
            # Some providers give a person one refresh token at a time.
            newer = link.refresh_token or before.refresh_token
            before = replace(before, refresh_token=newer)
        try:
            await _intend(link, before, state)
            await _tell_or_restore(link, before, state)
            lost = await state.store.links.take_over(link, exclusive=table.exclusive)
        except OAuthError:
            if before is None or not _same_account(before, link):
                await revoke_upstream(link, state)
            raise
    if before is not None and not _same_account(before, link):
        await revoke_upstream(before, state)
    if link.refresh_token is None:
        _log.warning(
            "link_without_refresh_token",
            message="the provider gave none, so that this link is never brought up to date",
        )
    return link, lost


def _same_account(one: Link, other: Link) -> bool:
    return (one.issuer, one.subject) == (other.issuer, other.subject)


async def _intend(link: Link, before: Link | None, state: State) -> None:
    """Keep what the sync finds if nothing more is heard of this.

    That is the link which the person has, put at Discord anew because nobody knows what Discord
    has; or, without one, that all has to be taken back.
    """
    # Not while this is under way; ``alone`` would not let it begin either.
    over = link.linked_at + longest(state.settings)
    unknown: _Unknown = {"values": {}, "username": "", "synced_at": 0, "retry_at": over}
    links = state.store.links
    if before is None or before.state != ACTIVE or not await links.save(replace(before, **unknown)):
        await links.keep(replace(link, state=PENDING, **unknown))


async def _tell_or_restore(link: Link, before: Link | None, state: State) -> None:
    links = state.store.links
    try:
        await tell(link.person, link.values, link.username, state)
    except (InvalidGrant, InvalidScope, InvalidRequest, InvalidClient):
        # Discord has said no, so that it has what it had.
        if before is None:
            await links.remove(link.person)
        elif before.state == ACTIVE:
            # Due at once, for the hook may have called; not if it was lost or erased meanwhile.
            await links.save(replace(before, synced_at=0))
        else:
            await links.keep(before)
        raise
