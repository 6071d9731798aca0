"""Signing in by sessions: one begins when somebody has come from Discord, and serves from then on.

Rows are locked in the order of ``locks``, that of a session first.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from snowflake.store.codes import Reservation, leave
from snowflake.store.database import Database, Statement
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens
from snowflake.store.memberships import Membership, Memberships, in_order
from snowflake.store.schema import codes, session_clients, sessions
from snowflake.store.session_ends import end_rows
from snowflake.store.session_liveness import check_part, hold_alone, signed_out
from snowflake.store.sessions import Account, Session, Sessions, hash_of


class Left(NamedTuple):
    """What somebody's login leaves behind: a reservation, and what is kept with it from now on.

    ``sealed`` answers that for the ID of the session.
    """

    reservation: Reservation
    sealed: Callable[[str], str]


class Arrival(NamedTuple):
    """Somebody who has come from Discord on their way to a client, with tokens of Discord.

    ``subject`` is the name by which the client knows them, ``learnt`` what else Discord said.
    ``begun`` is the ID of the session that this very login has begun already, if the browser has
    loaded the way back once more. What is ``left`` is released with the session, at once or not at
    all.
    """

    client_id: str
    subject: str
    tokens: StoredTokens
    learnt: Iterable[Membership] = ()
    begun: str | None = None
    left: Left | None = None


class NewCode(NamedTuple):
    """A code that nobody has brought yet, and what is kept with it, sealed, until it is redeemed.

    ``expires_at`` is a Unix time.
    """

    id: str
    exchanged: str
    expires_at: int


class Entry(NamedTuple):
    """Somebody who goes on to a client by their session, with a code if it gets one.

    Else as ``Arrival``.
    """

    client_id: str
    subject: str
    code: NewCode | None
    learnt: Iterable[Membership] = ()


_IN_BROWSER = (
    select(sessions)
    .where(
        (sessions.c.identifier == bindparam("hashed"))
        | (sessions.c.browser == bindparam("browser_"))
    )
    .order_by(sessions.c.id)
    .with_for_update()
)
_CHANGE = update(sessions).where(sessions.c.id == bindparam("session_id"))
_ADD_CODE = insert(codes)
#: Kept as the client is told it last.
_OF_SUBJECT = ("subject", "sealed_by")


class SessionLogins:
    """Begins sessions, and lets people go on to clients. ``clock`` tells Unix time in seconds."""

    def __init__(
        self,
        database: Database,
        rows: Sessions,
        discord_tokens: DiscordTokens,
        memberships: Memberships,
        clock: Callable[[], float],
    ) -> None:
        self._database, self._sessions, self._clock = database, rows, clock
        self._discord_tokens, self._memberships = discord_tokens, memberships
        participant = database.upsert(session_clients)
        self._participate = participant.on_conflict_do_update(
            index_elements=[session_clients.c.session, session_clients.c.client_id],
            set_={name: participant.excluded[name] for name in ("last_at", *_OF_SUBJECT)},
        )
        adding = database.upsert(sessions)
        self._add = adding.on_conflict_do_nothing(index_elements=[sessions.c.browser])

    async def begin(
        self,
        new: Session,
        identifier: str,
        previous: str | None,
        arrival: Arrival,
        *,
        told: Collection[str],
    ) -> Session:
        """Sign somebody in in a browser, on their way to a client; answer the session as it is now.

        A session of the same person in this browser lives on under the new ``identifier``, with a
        new time of authentication; one of somebody else ends. ``previous`` is the identifier that
        the browser has brought, if it has. ``told`` are the clients that hear of an end by their
        server. A login that has begun its session already renews nothing but the identifier.

        Raises:
            InvalidGrant: the session that the login had begun has ended, or the person has signed
                out of the client alone. Nothing is written.
        """
        looked = {"hashed": hash_of(previous or ""), "browser_": new.browser}
        hashed = hash_of(identifier)

        def work(connection: Connection) -> Session:
            session = None
            while session is None:
                # Again, where another window has begun one in the very same moment.
                found = connection.execute(_IN_BROWSER, looked).mappings().all()
                kept = self._kept(found, new, arrival.begun)
                others = [row for row in found if row is not kept]
                end_rows(connection, others, int(self._clock()), told=told)
                if kept is None:
                    session = self._added(connection, new, hashed)
                elif arrival.begun is None:
                    session = self._renewed(connection, kept, new, hashed)
                else:
                    session = self._sessions.read(kept)
                    check_part(connection, session.id, arrival.client_id)
                    connection.execute(_CHANGE, {"session_id": session.id, "identifier": hashed})
            if arrival.left is not None:
                reservation, sealed = arrival.left
                leave(connection, reservation, sealed(session.id), session.person)
            connection.execute(*self._participating(session, arrival.client_id, arrival.subject))
            for membership in in_order(arrival.learnt):
                connection.execute(*self._memberships.putting(membership))
            self._discord_tokens.keep(connection, arrival.tokens)
            return session

        return await self._database.write(work)

    def _kept(
        self, found: Sequence[RowMapping], new: Session, begun: str | None
    ) -> RowMapping | None:
        """Answer the session that lives on, if any does."""
        living = [row for row in found if self._sessions.lives(row) and _is_same(row, new)]
        # The one of the cookie rather than one whose cookie was lost.
        kept = max(living, key=lambda row: row["browser"] != new.browser, default=None)
        if begun is not None and (kept is None or kept["id"] != begun):
            raise signed_out()
        return kept

    def _added(self, connection: Connection, new: Session, hashed: str) -> Session | None:
        row = {"id": new.id, "identifier": hashed, **self._sessions.row(new)}
        return new if connection.execute(self._add, row).rowcount == 1 else None

    def _renewed(
        self, connection: Connection, kept: RowMapping, new: Session, hashed: str
    ) -> Session:
        session = replace(new, id=kept["id"], began_at=kept["began_at"])
        its = {"identifier": hashed, **self._sessions.row(session)}
        connection.execute(_CHANGE, {"session_id": session.id, **its})
        return session

    async def enter(self, session: Session, entry: Entry, account: Account) -> None:
        """Let the person of a session go on to a client, and keep the code that it gets.

        ``account`` is what Discord says of them now.

        Raises:
            InvalidGrant: the session has ended meanwhile. Nothing is written.
        """
        now = int(self._clock())
        used = {
            "session_id": session.id,
            "used_at": now,
            **self._sessions.sealed(session.id, account),
        }

        def work(connection: Connection) -> None:
            hold_alone(connection, session.id, now)
            connection.execute(_CHANGE, used)
            if entry.code is not None:
                connection.execute(*_putting(entry.code, session))
            connection.execute(*self._participating(session, entry.client_id, entry.subject))
            for membership in in_order(entry.learnt):
                connection.execute(*self._memberships.putting(membership))

        await self._database.write(work)

    def _participating(self, session: Session, client_id: str, subject: str) -> Statement:
        now = int(self._clock())
        times = {"first_at": now, "last_at": now}
        return self._participate, {**self._sessions.part(session, client_id, subject), **times}


def _putting(code: NewCode, session: Session) -> Statement:
    return _ADD_CODE, {
        "id": code.id,
        "spent": False,
        "reserved_until": 0,
        "exchanged": code.exchanged,
        "application": session.application,
        "person": session.person,
        "expires_at": code.expires_at,
    }


def _is_same(row: RowMapping, session: Session) -> bool:
    names = ("application", "person", "issuer")
    return all(row[name] == getattr(session, name) for name in names)
