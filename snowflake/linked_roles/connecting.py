"""What Discord is told of a person, and the link that is kept of it.

One at a time works on one person, across all processes: a refresh token of the upstream provider
may work once, and what is put at Discord last must be what the store has.
"""

import math
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Final, TypedDict

import structlog
from pydantic import SecretStr

from snowflake import renewal
from snowflake.discord.models import RoleConnection
from snowflake.errors import (
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    OAuthError,
    UpstreamError,
)
from snowflake.linked_roles.own import application_of, table_of, upstream_of
from snowflake.linked_roles.values import username_of, values_of, zeroed
from snowflake.state import State
from snowflake.store.links import ACTIVE, PENDING, Link
from snowflake.upstream.answer import Answer

#: Seconds that the upstream provider and the store may take for one person, beyond those for
#: which Discord may be asked.
ASKING: Final = 60
#: Seconds for which to wait until somebody else is done with a person.
PATIENCE: Final = 10.0

_log = structlog.get_logger(__name__)


class _Unknown(TypedDict):
    """What is kept of a link while nobody knows what Discord has."""

    values: dict[str, str]
    username: str
    synced_at: int
    retry_at: int


def alone(person: str, state: State) -> AbstractAsyncContextManager[None]:
    """Be the only one, among all processes, who works on a person's link.

    Raises:
        TemporarilyUnavailable: somebody else is at it for too long.
    """
    return state.store.leases.hold(f"link {person}", _most(state), PATIENCE)


async def connect(person: str, answer: Answer, state: State) -> tuple[Link, tuple[Link, ...]]:
    """Tell Discord of a person who has come back from the upstream provider, and keep the link.

    Answers the link, and those who have lost the upstream account to it. Before Discord is told,
    it is kept that this is about to be done: whether it was cannot be known if the answer is lost
    or this process dies, and the sync then takes it back.

    Raises:
        OAuthError: Discord did not take it, or nobody knows.
    """
    table, now = table_of(state), int(state.clock())
    link = Link(
        person=person,
        application=application_of(state).id,
        issuer=upstream_of(state).issuer,
        subject=answer.subject,
        refresh_token=answer.refresh_token,
        claims=answer.claims,
        linked_at=now,
        synced_at=now,
        values=values_of(answer.claims, table),
        username=username_of(answer.claims, table),
    )
    async with alone(person, state):
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
    over = link.linked_at + _most(state)
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


def _most(state: State) -> int:
    # A sync may renew a pair of tokens, put what is new, and take it back.
    return ASKING + 3 * math.ceil(state.settings.discord_deadline.total_seconds())


async def tell(person: str, values: Mapping[str, str], username: str, state: State) -> None:
    """Put what Discord is to know of a person in place of what it knew.

    Raises:
        InvalidGrant, InvalidScope: the person has removed the application at Discord.
        OAuthError: Discord did not take it.
    """
    application, secret = application_of(state)
    connection = RoleConnection(
        platform_name=table_of(state).platform_name,
        platform_username=username or None,
        metadata=values,
    )

    async def put(token: SecretStr) -> None:
        await state.discord.put_role_connection(application, token, connection, person)

    with state.discord.deadline():
        await renewal.with_token(application, person, secret, state, put)


async def withdraw(link: Link, state: State, *, works: bool) -> Link:
    """Tell Discord in as many words that nothing holds of a person any more.

    ``works`` is whether there was an access token that had not expired. Answers the link with what
    Discord may still have: if it can be told no more, that is what it was told last.
    """
    zeros = zeroed(table_of(state))
    try:
        # An empty object would be passed over, so every value is written.
        await tell(link.person, zeros, "", state)
    except (InvalidGrant, InvalidScope):
        return _left(link, works=works)
    return replace(link, values=zeros, username="")


def _left(link: Link, *, works: bool) -> Link:
    """Answer the link with what Discord may have of somebody whose tokens it does not take."""
    if works:
        # They have removed the application there, and the role connection with it.
        _log.info("role_connection_gone")
        return replace(link, values={}, username="")
    _log.warning(
        "role_may_be_held",
        message="Discord's tokens of this person have ended, so that it could not be told",
        person=link.person,
    )
    return link


async def unlink(person: str, state: State) -> bool:
    """Undo a person's link: at Discord first, then upstream, then here. False if there is none.

    Should it end half way it can be begun again.

    Raises:
        OAuthError: Discord did not do it. The link is as it was.
    """
    application, secret = application_of(state)

    async def delete(token: SecretStr) -> None:
        await state.discord.delete_role_connection(application, token, person)

    async with alone(person, state):
        link = await state.store.links.find(person)
        if link is None:
            return False
        works = await renewal.works(application, person, state)
        try:
            with state.discord.deadline():
                await renewal.with_token(application, person, secret, state, delete)
        except (InvalidGrant, InvalidScope):
            _left(link, works=works)
        await revoke_upstream(link, state)
        await state.store.links.remove(person)
    with state.discord.deadline():
        await renewal.end(application, person, secret, renewal.NOBODY, state)
    return True


async def revoke_upstream(link: Link, state: State) -> None:
    """Revoke what we could ask the upstream provider with. Should it fail, it is forgotten.

    Not while another link is of the same account: some providers end what all of them have.
    """
    if link.refresh_token is None or link.issuer != upstream_of(state).issuer:
        return
    others = await state.store.links.find_by_subject(link.subject)
    if any(other.person != link.person for other in others):
        return
    try:
        await upstream_of(state).revoke(link.refresh_token)
    except UpstreamError as error:
        _log.warning("upstream_not_revoked", cause=error.cause)
