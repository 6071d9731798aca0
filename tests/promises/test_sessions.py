"""Nobody is signed in by a session that has ended, whatever several processes do at the time."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from tests.promises.party import INVALID_GRANT, OUT, Json, error_of, tokens_of
from tests.promises.processes import Processes, processes
from tests.promises.visitor import (
    GRAFANA,
    WIKI,
    Visitor,
    is_alive,
    redeem,
    refresh,
    register,
    said_by,
    variables_of,
)
from tests.store.places import ENGINES, Place, place_on

PROCESSES, ROUNDS = 3, 6
#: Clients that use one session at a time, and what they have done before somebody signs out.
AT_ONCE, BEFORE = 6, 12


@pytest.fixture(scope="module", params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return place_on(request.param, tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def three(store: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    directory = tmp_path_factory.mktemp("three")
    further = variables_of(directory)
    with processes(store, directory, PROCESSES, further=further) as running:
        register(running.discord, running.origins[0])
        yield running


@pytest.fixture
async def browsers(three: Processes) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with three.browsers() as opened:
        yield opened


@dataclass
class Hammer:
    """What clients got out of one session, while they used it as hard as they could."""

    visitor: Visitor
    browsers: list[httpx.AsyncClient]
    dice: random.Random
    is_over: bool = False
    done: int = 0
    codes: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[tuple[str, bool, Json]] = field(default_factory=list)

    def any(self) -> httpx.AsyncClient:
        return self.dice.choice(self.browsers)

    async def go_on(self) -> None:
        """Sign in by the session, redeem and refresh until somebody has signed out."""
        while not self.is_over:
            client_id, offline = self.dice.choice((WIKI, GRAFANA)), not self.dice.randrange(3)
            scope = "openid profile offline_access" if offline else "openid profile"
            code = await self.visitor.enter(self.any(), client_id, scope=scope)
            if code is None:
                continue
            self.done += 1
            if not self.dice.randrange(4):
                self.codes.append((client_id, code))
                continue
            answer = await redeem(self.any(), client_id, code)
            while tokens := self._kept(client_id, offline, answer):
                if self.dice.randrange(2):
                    break
                answer = await refresh(self.any(), client_id, tokens)

    def _kept(self, client_id: str, offline: bool, answer: httpx.Response) -> Json | None:
        if answer.status_code != httpx.codes.OK:
            assert error_of(answer) in {INVALID_GRANT, OUT}, answer.text
            return None
        tokens = tokens_of(answer)
        self.tokens.append((client_id, offline, tokens))
        return tokens

    async def sign_out(self, tokens: Json) -> None:
        """Sign out in the middle of all that."""
        while self.done < BEFORE:  # noqa: ASYNC110 - until they have done enough
            await asyncio.sleep(0.001)
        http = self.any()
        leaving = Visitor(self.visitor.discord, cookies=dict(self.visitor.cookies))
        answer = await leaving.sign_out(http, tokens)
        assert "You have signed out" in answer.text
        self.is_over = True


async def test_after_a_logout_nothing_of_the_session_works(
    three: Processes, browsers: list[httpx.AsyncClient]
) -> None:
    for number in range(ROUNDS):
        visitor = Visitor(three.discord)
        first = await visitor.sign_in(browsers[0], WIKI)
        hammer = Hammer(visitor, browsers, random.Random(number))  # noqa: S311 - dice
        hammering = (hammer.go_on() for _ in range(AT_ONCE))
        await asyncio.gather(hammer.sign_out(first), *hammering)
        assert hammer.tokens
        for client_id, code in hammer.codes:
            assert error_of(await redeem(hammer.any(), client_id, code)) == INVALID_GRANT
        for client_id, offline, tokens in [*hammer.tokens, (WIKI, False, first)]:
            if not offline:
                refused = await refresh(hammer.any(), client_id, tokens)
                assert error_of(refused) == INVALID_GRANT
            # What is offline and was refreshed a moment after the logout is of no session.
            is_of_session = "sid" in said_by(tokens["id_token"])
            assert is_of_session or offline
            assert await is_alive(hammer.any(), tokens) is not is_of_session, number
        for browser in browsers:
            assert await visitor.enter(browser, GRAFANA) is None


async def test_of_many_who_bring_one_code_to_several_processes_one_gets_tokens(
    three: Processes, browsers: list[httpx.AsyncClient]
) -> None:
    visitor = Visitor(three.discord)
    # Of somebody who comes from Discord, and of the same by their session.
    codes = [await visitor.come_back(browsers[0], await visitor.depart(browsers[0], WIKI))]
    codes.append(await visitor.enter(browsers[1], WIKI) or "")
    for code in codes:
        bringing = (redeem(browsers[number % PROCESSES], WIKI, code) for number in range(AT_ONCE))
        answers = await asyncio.gather(*bringing)
        [tokens] = [tokens_of(answer) for answer in answers if answer.status_code == httpx.codes.OK]
        refused = [error_of(answer) for answer in answers if answer.status_code != httpx.codes.OK]
        assert {*refused} <= {INVALID_GRANT, OUT}
        # Whoever comes when it is over brings a replay, which ends what the first one got.
        assert error_of(await redeem(browsers[2], WIKI, code)) == INVALID_GRANT
        for browser in browsers:
            assert not await is_alive(browser, tokens)
            assert error_of(await refresh(browser, WIKI, tokens)) == INVALID_GRANT


async def test_two_windows_that_begin_at_once_share_one_session(
    three: Processes, browsers: list[httpx.AsyncClient]
) -> None:
    for _ in range(ROUNDS):
        visitor = Visitor(three.discord)
        # Both windows have the cookie of the login, and nobody has a session yet.
        departures = [await visitor.depart(browsers[0], client) for client in (WIKI, GRAFANA)]
        windows = [Visitor(three.discord, cookies=dict(visitor.cookies)) for _ in departures]
        codes = await asyncio.gather(
            *(
                window.come_back(browser, brought)
                for window, browser, brought in zip(windows, browsers, departures, strict=False)
            )
        )
        wiki = tokens_of(await redeem(browsers[1], WIKI, codes[0]))
        grafana = tokens_of(await redeem(browsers[2], GRAFANA, codes[1]))
        # The identifier is of whoever came last; the one of the other is worth nothing.
        living = [window for window in windows if await window.enter(browsers[2], WIKI)]
        assert len(living) == 1
        await living[0].sign_out(browsers[1], grafana)
        assert not await is_alive(browsers[0], wiki)
        assert not await is_alive(browsers[2], grafana)


async def test_two_logouts_at_once_tell_each_client_once(
    store: Place, three: Processes, browsers: list[httpx.AsyncClient]
) -> None:
    visitor = Visitor(three.discord)
    wiki = await visitor.sign_in(browsers[0], WIKI)
    code = await visitor.enter(browsers[1], GRAFANA)
    grafana = tokens_of(await redeem(browsers[1], GRAFANA, code or ""))
    windows = [Visitor(three.discord, cookies=dict(visitor.cookies)) for _ in browsers]
    answers = await asyncio.gather(
        *(window.sign_out(http, wiki) for window, http in zip(windows, browsers, strict=True))
    )
    assert {answer.status_code for answer in answers} == {httpx.codes.OK}
    told = Counter(sid for (sid,) in await store.rows("SELECT sid FROM logout_deliveries"))
    for tokens in (wiki, grafana):
        assert told[said_by(tokens["id_token"])["sid"]] == 1
        assert not await is_alive(browsers[1], tokens)
