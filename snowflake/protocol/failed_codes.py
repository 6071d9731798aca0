"""How often somebody may come back with a code that Discord has not made.

Anybody can make up a code and have Discord asked about it, and Discord's attention is what every
login needs. So a code counts that Discord calls invalid, for the login, for the address of the
browser and for all of them; one that is good costs a look at the store, which may be taken where
our own code is reserved.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from snowflake.errors import TemporarilyUnavailable, TooManyRequests
from snowflake.protocol.known_browser import KnownBrowser
from snowflake.state import State
from snowflake.state.limiter import Limiter
from snowflake.state.quota import FAILED_CODES, Kind, Quota, network_of


class Somebody(NamedTuple):
    """Who tries something: what only their login or browser knows, their browser, their quota.

    The quota is what they have in common with strangers. ``none_since`` is as for
    ``Limiter.trying``.
    """

    login: str
    known: KnownBrowser
    quota: Quota
    none_since: int | None = None

    @classmethod
    def of(
        cls, kind: Kind, login: str, caller: str, known: KnownBrowser, limiter: Limiter
    ) -> "Somebody":
        """Answer who calls from an address."""
        quota = limiter.of(kind, login=login, caller=network_of(caller), everybody="")
        return cls(login, known, quota)


@asynccontextmanager
async def trying(in_vain: type[Exception], somebody: Somebody, state: State) -> AsyncIterator[None]:
    """Try in the block what counts if it ends with an error of the type ``in_vain``.

    Who has signed in in this browser before goes on where others spend what they have in common,
    with a share of their own.

    Raises:
        TooManyRequests: too much was tried in vain.
        TemporarilyUnavailable: the store cannot be reached, or too much is under way.
    """
    async with AsyncExitStack() as stack:
        try:
            strangers = state.limiter.trying(
                somebody.quota, in_vain, none_since=somebody.none_since
            )
            await stack.enter_async_context(strangers)
        except TemporarilyUnavailable:
            own = await _own(somebody, state)
            if own is None:
                raise
            await stack.enter_async_context(state.limiter.trying(own, in_vain))
        yield


async def check_stranger(login: str, caller: str, known: KnownBrowser, state: State) -> None:
    """Pass, unless it is remembered that ``trying`` a code would fail. Raises as it does.

    ``login`` is what only this login knows, ``caller`` the browser's address.
    """
    if state.limiter.knows_of_none:
        return
    somebody = Somebody.of(FAILED_CODES, login, caller, known, state.limiter)
    try:
        state.limiter.check(somebody.quota)
    except TooManyRequests:
        own = await _own(somebody, state)
        if own is None:
            raise
        state.limiter.check(own)


async def _own(somebody: Somebody, state: State) -> Quota | None:
    person = await somebody.known.who(state.store.grants, state.sealer)
    kind = somebody.quota.kind
    return state.limiter.of(kind, login=somebody.login, person=person) if person else None
