"""Clients that are told of logouts, and what they have been told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import parse_qs

import httpx
import respx
from joserfc import jwt
from joserfc.jwk import KeySet

from snowflake.oidc.backchannel_logout.deliveries import AT_ONCE, Deliveries
from snowflake.outbound.transport import transport_to_any
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.state import State
from snowflake.store.logout_deliveries import Part, adding
from tests.login import Json
from tests.oidc.signed_in import GRAFANA, WIKI
from tests.oidc.test_registered_clients import registering
from tests.running import ORIGIN, USER, Clock, keys_checked_once

WIKI_HEARS = "https://wiki.example.com/logout"
GRAFANA_HEARS = "http://grafana.internal:3000/backchannel?a=1"
TOLD_WIKI = WIKI.model_copy(update={"backchannel_logout_uri": WIKI_HEARS})
TOLD_GRAFANA = GRAFANA.model_copy(update={"backchannel_logout_uri": GRAFANA_HEARS})
PERSON = str(USER["id"])


@dataclass
class Told:
    """The clients' servers, which answer 200 unless a test says otherwise."""

    router: respx.MockRouter
    tokens: asyncio.Queue[tuple[str, str]] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.wiki = self.router.post(WIKI_HEARS)
        self.grafana = self.router.post(GRAFANA_HEARS)
        for route in (self.wiki, self.grafana):
            route.side_effect = self.hear

    def hear(self, request: httpx.Request, status: int = 200) -> httpx.Response:
        [token] = parse_qs(request.content.decode())["logout_token"]
        self.tokens.put_nowait((str(request.url), token))
        return httpx.Response(status)

    def answering(self, status: int) -> Callable[[httpx.Request], httpx.Response]:
        """Answer what a route does that hears, and answers with a status."""
        return partial(self.hear, status=status)

    @property
    def heard(self) -> list[str]:
        """The tokens that have come since one has last looked."""
        return [self.tokens.get_nowait()[1] for _ in range(self.tokens.qsize())]


@contextmanager
def told() -> Iterator[Told]:
    with respx.mock(assert_all_called=False) as router:
        yield Told(router)


@dataclass(frozen=True)
class Teller:
    """One process that tells clients, round by round."""

    state: State
    deliveries: Deliveries
    clock: Clock

    async def put(self, client_id: str = "wiki", *sids: str) -> None:
        """Let sessions have ended in which a client took part."""
        for sid in sids or ("s1",):
            statement = adding(Part(client_id, sid), PERSON, ORIGIN, int(self.clock.now))
            await self.state.store.database.write(statement.run)

    async def waiting(self) -> int:
        return await self.state.store.logout_deliveries.count()


@asynccontextmanager
async def telling(settings: Settings, clock: Clock, *clients: ClientTable) -> AsyncIterator[Teller]:
    """Open a state and its deliveries, which nobody works off but the test."""
    configured = registering(settings, *(clients or (TOLD_GRAFANA, TOLD_WIKI)))
    async with AsyncExitStack() as stack:
        with keys_checked_once():
            state = await stack.enter_async_context(State.open(configured, clock))
        transport = await stack.enter_async_context(transport_to_any(AT_ONCE))
        yield Teller(state, Deliveries(state, transport), clock)


def read(state: State, token: str) -> tuple[Json, Json]:
    """Verify a token with the published keys alone; answer its header and its claims."""
    verified = jwt.decode(token, KeySet.import_key_set(state.keys.published()), ["RS256"])
    return dict(verified.header), dict(verified.claims)
