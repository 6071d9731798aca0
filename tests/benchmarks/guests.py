"""Browsers whose person has signed in before: they have a session, and a refresh token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.benchmarks.browser import PEOPLE, Browser, authorization_request, browsers
from tests.benchmarks.connection import Connection
from tests.benchmarks.processes import Discord, Server


@dataclass(frozen=True)
class Guest:
    """A browser with a session, at an application with a refresh token."""

    browser: Browser
    connection: Connection
    asked: bytes
    person: str

    async def authorize(self, _: object) -> bytes:
        """Go to ``/authorize`` and answer the code."""
        return self.browser.code_of(await self.connection.send(self.asked, 302))

    async def enter(self, _: object) -> None:
        """Do a whole login by session."""
        code = await self.authorize(None)
        await self.browser.ask_userinfo(await self.browser.redeem(code), self.person)

    async def refresh(self, _: object) -> None:
        """Redeem the refresh token."""
        await self.browser.refresh()


@asynccontextmanager
async def guests(
    number: int, server: Server, discord: Discord, client_id: str
) -> AsyncIterator[list[Guest]]:
    """Sign people in at a registered client, one in each browser."""
    async with browsers(number, server.origin, discord, client_id) as opened:
        arrived = [await _guest(browser, server, client_id) for browser in opened]
        try:
            yield arrived
        finally:
            for guest in arrived:
                guest.connection.close()


async def _guest(browser: Browser, server: Server, client_id: str) -> Guest:
    person = next(PEOPLE)
    await browser.sign_in(person)
    cookie = browser.arrival.field(b"set-cookie").partition(b";")[0]
    asked = authorization_request(server.origin, client_id, b"Cookie: %s\r\n" % cookie)
    return Guest(browser, await Connection.open(server.origin), asked, person)
