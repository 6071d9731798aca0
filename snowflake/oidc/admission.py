"""Letting a person in to a registered client, as soon as they are back from Discord."""

from contextlib import suppress
from dataclasses import replace

import structlog
from starlette.responses import Response

from snowflake.errors import (
    AccessDenied,
    Denial,
    InvalidGrant,
    LoginDenied,
    LoginSpent,
    TemporarilyUnavailable,
)
from snowflake.oidc.answers import answer, answer_uri
from snowflake.oidc.authorize import discord_page
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.newcomers import newcomer
from snowflake.oidc.notes import CodeNote, LoginNote
from snowflake.oidc.outcomes import login_ended
from snowflake.oidc.ways import OVER, ways_here
from snowflake.people import policies
from snowflake.people.person import Person
from snowflake.settings.registry import Client
from snowflake.state import State
from snowflake.store.codes import CodeSpent

#: What an application hears of somebody who is not let in, and in place of a page that says so.
DENIED = {"error": "access_denied", "error_description": "This person may not sign in here."}
ANOTHER = {
    "error": "login_required",
    "error_description": "Somebody else has signed in than id_token_hint names.",
}


async def admit(
    note: LoginNote, code: CodeNote, credentials: Credentials, state: State
) -> Response | Person:
    """Ask Discord who has come back, and keep what it says with our code until it is redeemed.

    Answers them if they are let in, else what the application hears at once: where the person can
    do nothing about it, or nobody is there to read a page.

    Raises:
        LoginSpent: the code has been redeemed, or Discord does not accept its own.
        LoginDenied: they are not let in, but may do something about it.
        TemporarilyUnavailable: Discord or the store gave no usable answer. Nothing is lost.
    """
    client = credentials.client
    try:
        ours, exchanged, fetched = await newcomer(code, credentials, state)
    except (CodeSpent, InvalidGrant) as error:
        if note.silent:
            return _answered(note, OVER)
        raise LoginSpent(ways_here(note, state)) from error
    kept = exchanged
    try:
        if note.hinted not in {None, fetched.person.user.id}:
            return _answered(note, ANOTHER)
        policies.admit(fetched.person, client, state.clock())
        kept = exchanged.holding(fetched)
    except AccessDenied as denied:
        if note.silent or not denied.solvable:
            # Where there is a page, that tells the log.
            structlog.contextvars.bind_contextvars(error="access_denied", reason=denied.description)
            return _answered(note, DENIED)
        person = await _with_names(fetched.person, client, state)
        raise LoginDenied(_denial(note, person, client, state)) from None
    finally:
        # Whoever was not let in is asked about anew when they load the page again.
        person_id = fetched.person.user.id
        await state.store.codes.release(ours, state.sealer.seal(kept), person_id)
    return fetched.person


def _answered(note: LoginNote, answered: dict[str, str]) -> Response:
    login_ended(answered["error"])
    return answer(note.redirect_uri, note.issuer, note.state, **answered)


async def _with_names(person: Person, client: Client, state: State) -> Person:
    """Add what the bot's guilds are called, so that the page can say which of them is meant."""
    if not client.has_bot:
        return person
    with suppress(TemporarilyUnavailable):
        named = {guild.id: guild.name for guild in (await state.memory.bot_guilds()).answer}
        return replace(person, guild_names={**named, **person.guild_names})
    return person


def _denial(note: LoginNote, person: Person, client: Client, state: State) -> Denial:
    # Dated as it came: a page that is loaded again and again renews no login.
    sealed = state.sealer.seal(note, note.begun)
    return Denial(
        refusals=policies.refusals(person, client, state.clock()),
        application=client.name or client.id,
        account=person.user.account,
        another_account=discord_page(note, sealed, client, "consent", state),
        back=answer_uri(note.redirect_uri, note.issuer, note.state, **DENIED),
        invite=client.access.invite,
    )
