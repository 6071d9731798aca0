"""Devices that wait for a person to allow them, from their request to their end (RFC 8628).

A row says what became of it: it waits, or the person has allowed or denied it, which holds for
good. That it signs in once is the promise of ``codes``: what allows it is a code of ours.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, update

from snowflake.crypto.sealing import Note, Sealer
from snowflake.store.database import Database
from snowflake.store.refresh_tokens import hash_of
from snowflake.store.schema import device_codes
from snowflake.store.sealed import open_sealed

#: Seconds for which a device waits, and a person may take to allow it.
LIFETIME: Final = 600
#: Seconds for which one that was allowed in the last moment may still ask for its tokens.
GRACE: Final = 60
#: Seconds between two polls, how many more at each that comes too soon (RFC 8628, section 3.5), and
#: at most, since some devices do not listen.
PACE, SLOWER, SLOWEST = 5, 5, 60
#: Seconds by which a poll may come too soon: times are whole seconds, and networks are no clocks.
LENIENCE: Final = 1
#: Seconds after its end for which a device still hears that it has come.
KEPT: Final = 3600
_USER_CODE: Final = "user code 1"
WAITING, ALLOWED, DENIED = "waiting", "allowed", "denied"

_IS = device_codes.c.hash == bindparam("hashed")
_FIND = select(device_codes).where(_IS)
_FIND_FOR_PERSON = select(device_codes).where(
    device_codes.c.user_code.in_(bindparam("digests", expanding=True))
)
_POLL = select(device_codes.c.pace, device_codes.c.polled_at).where(_IS).with_for_update()
_CHANGE = update(device_codes).where(_IS)
_ANSWER = update(device_codes).where(
    _IS, device_codes.c.state == WAITING, device_codes.c.expires_at > bindparam("now")
)


@dataclass(frozen=True)
class Asked(Note):
    """What a device asks for, and where: the scopes, our issuer, its address and user agent.

    It is sealed at rest, and tied to its ``device`` so that no row passes for another.
    """

    purpose: ClassVar[str] = "asked by a device 1"

    device: str
    issuer: str
    scope: str
    address: str
    agent: str


class NewDevice(NamedTuple):
    """A device that begins to wait. People come to the ``issuer`` with its ``user_code``."""

    client_id: str
    issuer: str
    user_code: str
    scope: str
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device that waits, or does no more. ``expires_at`` is a Unix time in seconds.

    ``id`` is the hash of its code. ``code`` is a sealed code of ours, if somebody has allowed it.
    It may ask each ``pace`` seconds; ``polled_at`` is when it last did, a Unix time too.
    """

    id: str
    client_id: str
    asked: Asked
    state: str
    code: str | None
    expires_at: int
    pace: int
    polled_at: int | None

    def is_late(self, now: float) -> bool:
        """Whether its time is over, which is a little longer once it has been allowed."""
        return self.expires_at + (GRACE if self.code is not None else 0) <= now


class DeviceCodes:
    """The devices in the store. ``clock`` tells Unix time in seconds."""

    def __init__(self, database: Database, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._database, self._sealer, self._clock = database, sealer, clock
        adding = database.upsert(device_codes)
        self._add = adding.on_conflict_do_nothing(index_elements=[device_codes.c.user_code])

    async def add(self, new: NewDevice) -> str | None:
        """Keep a new device; answer its code of 256 bits, None if another has its user code."""
        code = secrets.token_urlsafe(32)
        asked = Asked(hash_of(code), new.issuer, new.scope, new.address, new.agent)
        row = {
            "hash": asked.device,
            "user_code": self._sealer.digest(_USER_CODE, new.issuer, new.user_code),
            "client_id": new.client_id,
            "asked": self._sealer.seal(asked),
            "state": WAITING,
            "pace": PACE,
            "expires_at": int(self._clock()) + LIFETIME,
        }
        added = await self._database.write(lambda c: c.execute(self._add, row).rowcount)
        return code if added == 1 else None

    async def find(self, device_code: str) -> Device | None:
        """Answer the device that has a device code, until ``KEPT`` seconds after its end."""
        hashed = {"hashed": hash_of(device_code)}
        row = await self._database.read(lambda c: c.execute(_FIND, hashed).one_or_none())
        return self._read(row) if row is not None else None

    async def find_for_person(self, issuer: str, user_code: str) -> Device | None:
        """Answer the device that shows a user code, by the issuer that it came to."""
        sent = {"digests": self._sealer.digests(_USER_CODE, issuer, user_code)}
        row = await self._database.read(lambda c: c.execute(_FIND_FOR_PERSON, sent).first())
        return self._read(row) if row is not None else None

    async def of_person(self, person: str) -> list[Device]:
        """Answer the devices that a person has allowed of late, the last one first."""
        query = select(device_codes).where(device_codes.c.person == person)
        query = query.order_by(device_codes.c.expires_at.desc(), device_codes.c.hash)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [self._read(row) for row in rows]

    async def poll(self, device: Device) -> bool:
        """Note that a waiting device has asked; answer whether it did not come too soon.

        One that did has to wait longer from now on. Once it can be made no slower, the store notes
        one poll a second, however many there are.
        """
        now, its = int(self._clock()), {"hashed": device.id}
        if (device.pace, device.polled_at) == (SLOWEST, now):
            return False

        def work(connection: Connection) -> bool:
            row = connection.execute(_POLL, its).one_or_none()
            if row is None:
                return True
            # Of those who wait for each other here, one that came later may have been first.
            since = abs(now - row.polled_at) if row.polled_at is not None else LIFETIME
            soon = since < row.pace - LENIENCE
            pace = min(row.pace + SLOWER, SLOWEST) if soon else row.pace
            connection.execute(_CHANGE, {**its, "pace": pace, "polled_at": now})
            return not soon

        return await self._database.write(work)

    async def allow(self, device: Device, code: str, person: str) -> bool:
        """Let a waiting device sign a person in by a sealed code; answer whether it does so now.

        By a double click, two bring the same code at once.
        """
        if await self._answer(device, {"state": ALLOWED, "code": code, "person": person}):
            return True
        its = {"hashed": device.id}
        row = await self._database.read(lambda c: c.execute(_FIND, its).one_or_none())
        return row is not None and row.code == code

    async def deny(self, device: Device) -> bool:
        """Tell a waiting device that nobody signs in; answer whether it still waited."""
        return await self._answer(device, {"state": DENIED})

    async def _answer(self, device: Device, answer: dict[str, str]) -> bool:
        its = {"hashed": device.id, "now": int(self._clock())}
        answering = _ANSWER.values(answer)
        return await self._database.write(lambda c: c.execute(answering, its).rowcount == 1)

    # Whatever columns it has.
    def _read(self, row: Row[Any]) -> Device:
        asked = open_sealed(self._sealer, Asked, row.asked)
        if asked.device != row.hash:
            raise ValueError("what a device asked for belongs to another")
        times = row.expires_at, row.pace, row.polled_at
        return Device(row.hash, row.client_id, asked, row.state, row.code, *times)
