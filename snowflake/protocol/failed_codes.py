"""How often somebody may come back with a code that Discord has not made.

Anybody can make up a code and have Discord asked about it, and Discord's attention is what every
login needs. So a code counts that Discord calls invalid, for the login, for the address of the
browser and for all of them; one that is good costs a look at the store.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from snowflake.errors import InvalidGrant, TemporarilyUnavailable, TooManyRequests
from snowflake.protocol.known_browser import KnownBrowser
from snowflake.state import State
from snowflake.state.limiter import Limiter
from snowflake.state.quota import FAILED_CODES, Quota, network_of


@asynccontextmanager
async def trying_code(
    login: str, caller: str, known: KnownBrowser, state: State
) -> AsyncIterator[None]:
    """Ask Discord about a code in the block; it counts if that ends with ``InvalidGrant``.

    ``login`` is what only this login knows, ``caller`` the browser's address. Who has signed in in
    this browser before goes on where others spend what they have in common, with a share of their
    own.

    Raises:
        TooManyRequests: too many codes have failed.
        TemporarilyUnavailable: the store cannot be reached, or too many codes are under way.
    """
    async with AsyncExitStack() as stack:
        try:
            strangers = _of_strangers(login, caller, state.limiter)
            await stack.enter_async_context(state.limiter.trying(strangers, InvalidGrant))
        except TemporarilyUnavailable:
            own = await _own(login, known, state)
            if own is None:
                raise
            await stack.enter_async_context(state.limiter.trying(own, InvalidGrant))
        yield


async def check_stranger(login: str, caller: str, known: KnownBrowser, state: State) -> None:
    """Pass, unless it is remembered that ``trying_code`` would refuse. Raises as it does."""
    try:
        state.limiter.check(_of_strangers(login, caller, state.limiter))
    except TooManyRequests:
        own = await _own(login, known, state)
        if own is None:
            raise
        state.limiter.check(own)


async def _own(login: str, known: KnownBrowser, state: State) -> Quota | None:
    person = await known.who(state.store.grants, state.sealer)
    return state.limiter.of(FAILED_CODES, login=login, person=person) if person else None


def _of_strangers(login: str, caller: str, limiter: Limiter) -> Quota:
    network = network_of(caller)
    return limiter.of(FAILED_CODES, login=login, caller=network, everybody="")
