"""What is taken back of a link: at Discord, at the upstream provider, and here."""

from dataclasses import replace
from typing import Literal

import structlog
from pydantic import SecretStr

from snowflake.errors import InvalidGrant, InvalidScope, UpstreamError
from snowflake.linked_roles.alone import alone
from snowflake.linked_roles.own import application_of, table_of, upstream_of
from snowflake.linked_roles.telling import tell
from snowflake.linked_roles.values import zeroed
from snowflake.state import State, renewal
from snowflake.store.link import Link

#: What came of it: there was no link; nothing is left; or Discord's tokens have ended, so that it
#: may have what it was told.
Disconnected = Literal["absent", "undone", "untold"]

_log = structlog.get_logger(__name__)


async def disconnect(person: str, state: State) -> Disconnected:
    """Undo a person's link, whatever its state: at Discord first, then upstream, then here.

    Should it end half way it can be begun again.

    Raises:
        OAuthError: Discord did not do it. The link is as it was.
    """
    application, secret = application_of(state.settings)
    outcome: Disconnected = "undone"
    async with alone(person, state.settings, state.store.leases):
        link = await state.store.links.find(person)
        if link is None:
            return "absent"
        works = await renewal.works(application, person, state.store.discord_tokens, state.clock())
        try:
            await delete(person, state)
        except (InvalidGrant, InvalidScope):
            _left(link, works=works)
            outcome = "undone" if works else "untold"
        await revoke_upstream(link, state)
        await state.store.links.remove(person)
    # They have come by for this alone.
    await state.store.discord_tokens.release(application, person)
    with state.discord.deadline():
        await renewal.end(application, person, secret, renewal.NOBODY, state)
    return outcome


async def delete(person: str, state: State) -> None:
    """Let Discord forget what it was told of a person.

    Raises:
        InvalidGrant, InvalidScope: it takes nothing of this person any more.
        OAuthError: it did not do it.
    """
    application, secret = application_of(state.settings)

    async def ask(token: SecretStr) -> None:
        await state.discord.role_connections.delete(application, token, person)

    with state.discord.deadline():
        await renewal.with_token(application, person, secret, state, ask)


async def withdraw(link: Link, state: State, *, works: bool) -> Link:
    """Tell Discord in as many words that nothing holds of a person any more.

    ``works`` is whether there was an access token that had not expired. Answers the link with what
    Discord may still have: if it can be told no more, that is what it was told last.
    """
    zeros = zeroed(table_of(state.settings))
    try:
        # An empty object would be passed over, so every value is written.
        await tell(link.person, zeros, "", state)
    except (InvalidGrant, InvalidScope):
        return _left(link, works=works)
    return replace(link, values=zeros, username="")


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
