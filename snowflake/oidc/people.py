"""Asking Discord who somebody is, and the memory in which guilds they are."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import SecretStr

from snowflake.discord.models import Guild, User
from snowflake.errors import InvalidGrant, TemporarilyUnavailable
from snowflake.memberships import Remembered
from snowflake.oidc import scopes
from snowflake.oidc.scopes import Person
from snowflake.state import State
from snowflake.store.memberships import Membership

One = TypeVar("One")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A person as Discord tells of them.

    ``age`` is how many seconds ago it told the oldest part; ``learnt`` is to be remembered when
    they are let in.
    """

    person: Person
    age: float
    learnt: tuple[Membership, ...] = ()


async def fetch_newcomer(names: Iterable[str], access_token: SecretStr, state: State) -> Fetched:
    """Ask Discord for everything that the scopes need about whoever it is.

    It is asked side by side, so nothing can be taken from the memory at first; but the guilds are
    when Discord fails to tell them.

    Raises:
        InvalidGrant: Discord no longer accepts the token.
        TemporarilyUnavailable: Discord gave no usable answer.
    """
    if "guilds" not in scopes.discord_scopes(names):
        return _fetched(await state.discord.user(access_token), None, state)
    if state.discord.may_be_limited("guilds"):
        # One after the other is slower, but a refused request would be worse.
        user = await state.discord.user(access_token)
        return _fetched(user, await state.memory.guilds(user.id, access_token), state)
    asked_at = state.clock()
    user, guilds = await _side_by_side(
        state.discord.user(access_token), _guilds_or_outage(access_token, state)
    )
    if isinstance(guilds, TemporarilyUnavailable):
        return _fetched(user, await state.memory.guilds_in_outage(user.id, guilds), state)
    learnt = state.memory.learn(user.id, guilds, asked_at)
    return _fetched(user, Remembered(guilds, 0), state, learnt)


async def fetch_known(
    person: str, names: Iterable[str], access_token: SecretStr, state: State
) -> Fetched:
    """Ask for everything that the scopes need about somebody known by their Discord user ID.

    The guilds are taken from the memory if they are fresh there. Raises as ``fetch_newcomer`` does.
    """
    if "guilds" not in scopes.discord_scopes(names):
        return _fetched(await state.discord.user(access_token, person), None, state)
    user, guilds = await _side_by_side(
        state.discord.user(access_token, person), state.memory.guilds(person, access_token)
    )
    return _fetched(user, guilds, state)


async def _guilds_or_outage(
    access_token: SecretStr, state: State
) -> list[Guild] | TemporarilyUnavailable:
    try:
        return await state.discord.guilds(access_token)
    except TemporarilyUnavailable as outage:
        return outage


async def _side_by_side(one: Awaitable[One], other: Awaitable[Other]) -> tuple[One, Other]:
    """Wait for both, so that nothing goes on behind a request that has failed."""
    first, second = asyncio.ensure_future(one), asyncio.ensure_future(other)
    await asyncio.gather(first, second, return_exceptions=True)
    # That Discord refuses the token says more than that it fails beside that.
    if isinstance(second.exception(), InvalidGrant):
        second.result()
    return first.result(), second.result()


def _fetched(
    user: User,
    guilds: Remembered[list[Guild]] | None,
    state: State,
    learnt: tuple[Membership, ...] = (),
) -> Fetched:
    trusted = user.verified or state.settings.include_unverified_email
    person = Person(
        user,
        tuple(guilds.answer) if guilds is not None else (),
        user.email if trusted else None,
    )
    return Fetched(person, guilds.age if guilds is not None else 0, learnt)
