"""Somebody whom a registered client does not let in: what they see, or their application hears."""

from contextlib import suppress
from dataclasses import replace

import structlog
from starlette.responses import Response

from snowflake.errors import AccessDenied, Denial, LoginDenied, TemporarilyUnavailable
from snowflake.oidc.devices import deny
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.outcomes import login_ended
from snowflake.oidc.question import page_for
from snowflake.people import policies
from snowflake.people.person import Person
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.state.memberships import Memory

#: What an application hears of somebody who is not let in, and in place of a page that says so.
DENIED = {"error": "access_denied", "error_description": "This person may not sign in here."}


async def denied(
    note: LoginNote, person: Person, refusal: AccessDenied, client: Client, state: State
) -> Response:
    """Answer what the application hears at once of somebody who is not let in.

    That is where the person can do nothing about it, or nobody is there to read a page. A device
    is told, whose person is always there to read one.

    Raises:
        LoginDenied: they may do something about it.
    """
    if note.device is not None:
        await deny(note.issuer, note.device, state)
    elif note.silent or not refusal.solvable:
        # Where there is a page, that tells the log.
        structlog.contextvars.bind_contextvars(error="access_denied", reason=refusal.description)
        login_ended("access_denied")
        return note.asker.answer(**DENIED)
    named = await _with_names(person, client, state.memory)
    raise LoginDenied(_denial(note, named, client, state)) from None


async def _with_names(person: Person, client: Client, memory: Memory) -> Person:
    """Add what the bot's guilds are called, so that the page can say which of them is meant."""
    if not client.has_bot:
        return person
    with suppress(TemporarilyUnavailable):
        named = {guild.id: guild.name for guild in (await memory.bot_guilds()).answer}
        return replace(person, guild_names={**named, **person.guild_names})
    return person


def _denial(note: LoginNote, person: Person, client: Client, state: State) -> Denial:
    is_device = note.device is not None
    # Dated as it came: a page that is loaded again and again renews no login.
    return Denial(
        refusals=policies.refusals(person, client, state.clock()),
        application=client.name or client.id,
        account=person.user.account,
        another_account=None if is_device else page_for(note, client, "consent", note.begun, state),
        back=None if is_device else note.asker.back(**DENIED),
        invite=client.access.invite,
        device=is_device,
    )
