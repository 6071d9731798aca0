"""What Discord is told of a person, and the link that is kept of it.

One at a time works on one person, across all processes: a refresh token of the upstream provider
may work once, and what is put at Discord last must be what the store has.
"""

import math
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final

import structlog
from pydantic import SecretStr

from snowflake import renewal
from snowflake.discord.models import RoleConnection
from snowflake.errors import InvalidGrant, InvalidScope, UpstreamError
from snowflake.linked_roles.own import application_of, table_of, upstream_of
from snowflake.linked_roles.values import username_of, values_of
from snowflake.state import State
from snowflake.store.links import Link
from snowflake.upstream.answer import Answer

#: Seconds that the upstream provider and the store may take for one person, beyond those for
#: which Discord may be asked.
ASKING: Final = 60
#: Seconds for which to wait until somebody else is done with a person.
PATIENCE: Final = 10.0

_log = structlog.get_logger(__name__)


def alone(person: str, state: State) -> AbstractAsyncContextManager[None]:
    """Be the only one, among all processes, who works on a person's link.

    Raises:
        TemporarilyUnavailable: somebody else is at it for too long.
    """
    seconds = ASKING + math.ceil(state.settings.discord_deadline.total_seconds())
    return state.store.leases.hold(f"link {person}", seconds, PATIENCE)


async def connect(person: str, answer: Answer, state: State) -> tuple[Link, tuple[Link, ...]]:
    """Tell Discord of a person who has come back from the upstream provider, and keep the link.

    Answers the link, and those who have lost the upstream account to it. Nothing is kept unless
    Discord has taken what it was told.

    Raises:
        OAuthError: Discord did not.
    """
    table, now = table_of(state), int(state.clock())
    link = Link(
        person=person,
        application=application_of(state).id,
        subject=answer.subject,
        refresh_token=answer.refresh_token,
        claims=answer.claims,
        linked_at=now,
        synced_at=now,
        values=values_of(answer.claims, table),
        username=username_of(answer.claims, table),
    )
    async with alone(person, state):
        before = await state.store.links.find(person)
        await tell(person, link.values, link.username, state)
        lost = await state.store.links.take_over(link, exclusive=table.exclusive)
    if before is not None and before.subject != link.subject:
        await revoke_upstream(before, state)
    return link, lost


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
        try:
            with state.discord.deadline():
                await renewal.with_token(application, person, secret, state, delete)
        except (InvalidGrant, InvalidScope):
            # They have removed the application at Discord, and the role connection with it.
            _log.info("role_connection_gone")
        await revoke_upstream(link, state)
        await state.store.links.remove(person)
    with state.discord.deadline():
        await renewal.end(application, person, secret, renewal.NOBODY, state)
    return True


async def revoke_upstream(link: Link, state: State) -> None:
    """Revoke what we could ask the upstream provider with. Should it fail, it is forgotten.

    Not while another link is of the same account: some providers end what all of them have.
    """
    if link.refresh_token is None:
        return
    others = await state.store.links.find_by_subject(link.subject)
    if any(other.person != link.person for other in others):
        return
    try:
        await upstream_of(state).revoke(link.refresh_token)
    except UpstreamError as error:
        _log.warning("upstream_not_revoked", cause=error.cause)
