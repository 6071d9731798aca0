"""How often somebody may come back with a code that Discord has not made.

Anybody can make up a code and have Discord asked about it, and Discord's attention is what every
login needs. So a code counts that Discord calls invalid, for the login, for the address of the
browser and for all of them; one that is good costs a look at the store.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from snowflake.errors import InvalidGrant, TemporarilyUnavailable, TooManyRequests
from snowflake.protocol.known_browser import KnownBrowser
from snowflake.state import State
from snowflake.state.limiter import Limiter
from snowflake.state.quota import FAILED_CODES, Kind, Quota, network_of


class Somebody(NamedTuple):
    """Who tries something: what only their login or browser knows, their address, their browser."""

    login: str
    caller: str
    known: KnownBrowser


@asynccontextmanager
async def trying_code(
    login: str, caller: str, known: KnownBrowser, state: State
) -> AsyncIterator[None]:
    """Ask Discord about a code in the block; it counts if that ends with ``InvalidGrant``.

    ``login`` is what only this login knows, ``caller`` the browser's address. Raises as ``trying``.
    """
    async with trying(FAILED_CODES, InvalidGrant, Somebody(login, caller, known), state):
        yield


@asynccontextmanager
async def trying(
    kind: Kind, in_vain: type[Exception], somebody: Somebody, state: State
) -> AsyncIterator[None]:
    """Try in the block what counts if it ends with an error of the type ``in_vain``.

    Who has signed in in this browser before goes on where others spend what they have in common,
    with a share of their own.

    Raises:
        TooManyRequests: too much was tried in vain.
        TemporarilyUnavailable: the store cannot be reached, or too much is under way.
    """
    async with AsyncExitStack() as stack:
        try:
            strangers = _of_strangers(kind, somebody.login, somebody.caller, state.limiter)
            await stack.enter_async_context(state.limiter.trying(strangers, in_vain))
        except TemporarilyUnavailable:
            own = await _own(kind, somebody.login, somebody.known, state)
            if own is None:
                raise
            await stack.enter_async_context(state.limiter.trying(own, in_vain))
        yield


async def check_stranger(login: str, caller: str, known: KnownBrowser, state: State) -> None:
    """Pass, unless it is remembered that ``trying_code`` would refuse. Raises as it does."""
    try:
        state.limiter.check(_of_strangers(FAILED_CODES, login, caller, state.limiter))
    except TooManyRequests:
        own = await _own(FAILED_CODES, login, known, state)
        if own is None:
            raise
        state.limiter.check(own)


async def _own(kind: Kind, login: str, known: KnownBrowser, state: State) -> Quota | None:
    person = await known.who(state.store.grants, state.sealer)
    return state.limiter.of(kind, login=login, person=person) if person else None


def _of_strangers(kind: Kind, login: str, caller: str, limiter: Limiter) -> Quota:
    network = network_of(caller)
    return limiter.of(kind, login=login, caller=network, everybody="")
