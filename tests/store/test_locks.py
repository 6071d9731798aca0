"""Whoever writes takes rows in one order, so that nobody waits for each other for ever.

PostgreSQL ends such a wait by failing one of them, which would be an outage to whoever signs in.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from secrets import token_hex

import pytest
from sqlalchemy import Connection

from snowflake.errors import InvalidGrant
from snowflake.store import Store
from snowflake.store.codes import CodeReserved, CodeSpent, LoginReserved, Unknown
from snowflake.store.grants import MOST
from snowflake.store.logins import Issued
from snowflake.store.refresh_tokens import new_token
from snowflake.store.session_ends import Which
from snowflake.store.session_logins import Arrival, Left
from snowflake.store.sessions import Account, Session
from tests.running import NOW
from tests.store.furniture import APPLICATION, GUILD, PERSON, grant, membership, tokens
from tests.store.places import Place

ROUNDS = 12
LEARNT = [membership(), *(replace(membership(), guild=f"{GUILD}{n}") for n in range(5))]


async def save(store: Store, number: int, session: str | None = None) -> str:
    """Sign somebody in, whose oldest grants end, with what was learnt in any order."""
    code = await store.codes.reserve(
        f"code {number}", NOW + 60, 0, Unknown(APPLICATION), f"login {number}"
    )
    learnt = LEARNT if number % 2 else LEARNT[::-1]
    made = replace(grant(), id=f"{number * 7919 % 100_003:06}", auth_time=NOW + number)
    made = replace(made, session=session, session_ends=NOW + 3600 if session else None)
    token = new_token()
    await store.logins.save(code, made, tokens(), learnt, Issued(token))
    return token


async def begin(store: Store, browser: str) -> Session:
    """Sign somebody in in a browser, whose session of somebody else ends."""
    begun = Session(
        application=APPLICATION,
        person=PERSON,
        issuer="https://snowflake.example.com",
        browser=browser,
        auth_time=NOW,
        began_at=NOW,
        used_at=NOW,
        expires_at=NOW + 3600,
        account=Account("{}", frozenset(), NOW),
    )
    login = await store.codes.reserve(token_hex(), NOW + 60, 0, Unknown(APPLICATION))
    left = Left(login, "for {}".format)
    arrival = Arrival(APPLICATION, PERSON, tokens(), LEARNT[::-1], left=left)
    return await store.session_logins.begin(begun, token_hex(), None, arrival, told=())


async def surplus_of(store: Store, number: int) -> list[str]:
    """Leave so many grants more than a person may have, and answer their refresh tokens."""
    kept = [await save(store, index) for index in range(MOST)]
    more = [replace(grant(), id=f"more {index}", auth_time=NOW - index) for index in range(number)]

    def add(connection: Connection) -> None:
        for one in more:
            store.grants.adding(one).run(connection)

    await store.database.write(add)
    return kept


@dataclass
class Doings:
    """What is done for one person, by themselves, their clients, the operator and the house."""

    store: Store
    refresh_tokens: list[str]
    numbers: Iterator[int]

    async def refresh(self) -> None:
        for token in self.refresh_tokens[::3]:
            living = await self.store.refresh_tokens.living(token)
            if living is not None:
                await self.store.refresh_tokens.rotate(*living)

    async def sign_in(self) -> None:
        await save(self.store, next(self.numbers))

    async def sign_in_and_out(self) -> None:
        for number in range(3):
            session = await begin(self.store, f"browser {number}")
            # A session may end meanwhile.
            with suppress(InvalidGrant):
                for _ in range(3):
                    await save(self.store, next(self.numbers), session.id)
        await self.store.session_ends.end(Which(person=PERSON), told=())

    async def erase(self) -> None:
        await self.store.people.erase(PERSON)

    async def keep_house(self) -> None:
        await self.store.housekeeping.delete_expired()
        await self.store.housekeeping.forget_successors()
        await self.store.housekeeping.seal_anew()


async def test_what_is_done_for_one_person_at_once_never_blocks_each_other(store: Store) -> None:
    doings = Doings(store, await surplus_of(store, 20), count(1000))
    logins = [doings.sign_in, doings.sign_in, doings.sign_in]
    sessions = [doings.sign_in_and_out, doings.sign_in_and_out]

    async def again_and_again(do: Callable[[], Awaitable[None]]) -> None:
        for _ in range(ROUNDS):
            await do()

    doing = (*logins, *sessions, doings.refresh, doings.erase, doings.keep_house)
    # An outage would be the end of the test.
    await asyncio.gather(*map(again_and_again, doing))


async def test_a_code_that_comes_again_while_it_is_redeemed_blocks_nobody(store: Store) -> None:
    async def again(code: str, login: str) -> None:
        with suppress(CodeReserved, LoginReserved, CodeSpent):
            await store.codes.reserve(code, NOW + 60, 0, Unknown(APPLICATION), login)

    for number in range(ROUNDS):
        # In whichever order their keys are.
        code, login = (f"{number} {name}" for name in ("ab" if number % 2 else "ba"))
        reserved = await store.codes.reserve(code, NOW + 60, 0, Unknown(APPLICATION), login)
        saving = store.logins.save(reserved, grant(), tokens(), [], Issued(new_token()))
        await asyncio.gather(*(again(code, login) for _ in range(4)), saving)
        with pytest.raises(CodeSpent):
            await store.codes.reserve(code, NOW + 60, 0, Unknown(APPLICATION), login)


#: Who has changed something in this database, and not come to an end.
WRITERS = """
SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE datname = current_database() AND locktype = 'transactionid'
"""
#: Locks two rows in the order of their keys, and the second when somebody waits for the first.
IN_ORDER = """
BEGIN;
UPDATE discord_tokens SET scope = scope WHERE id = '1';
DO $$ BEGIN
  FOR look IN 1..500 LOOP
    EXIT WHEN EXISTS (SELECT FROM pg_locks
      WHERE NOT granted AND transactionid = pg_current_xact_id()::xid);
    PERFORM pg_sleep(0.01);
  END LOOP;
END $$;
UPDATE discord_tokens SET scope = scope WHERE id = '2';
COMMIT;
"""


# Of SQLite there is one writer.
@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
async def test_pairs_of_discords_tokens_are_released_in_the_order_of_their_keys(
    store: Store, place: Place
) -> None:
    for number in ("2", "1"):
        await store.discord_tokens.put(
            replace(tokens(), id=number, scopes=frozenset({f"scope {number}"}))
        )
    other = asyncio.create_task(asyncio.to_thread(place.run, IN_ORDER))
    while not await place.rows(WRITERS):
        pass
    await store.discord_tokens.release(APPLICATION, PERSON)
    await other
