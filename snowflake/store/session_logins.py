"""Signing in by sessions: one begins when somebody has come from Discord, and serves from then on.

Rows are locked in the order of ``locks``, that of a session first.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from snowflake.store.codes import Reservation, leave
from snowflake.store.database import Database
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens
from snowflake.store.memberships import Membership, Memberships, in_order
from snowflake.store.prepared import Prepared, Row, Statement
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


_IN_BROWSER = Prepared(
    select(sessions)
    .where(
        (sessions.c.identifier == bindparam("hashed"))
        | (sessions.c.browser == bindparam("browser_"))
    )
    .order_by(sessions.c.id)
    .with_for_update()
)
_CHANGE = Prepared(update(sessions).where(sessions.c.id == bindparam("session_id")))
_ADD_CODE = Prepared(insert(codes))
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
        participating = participant.on_conflict_do_update(
            index_elements=[session_clients.c.session, session_clients.c.client_id],
            set_={name: participant.excluded[name] for name in ("last_at", *_OF_SUBJECT)},
        )
        self._participate = Prepared(participating)
        adding = database.upsert(sessions)
        self._add = Prepared(adding.on_conflict_do_nothing(index_elements=[sessions.c.browser]))

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
        looking = _IN_BROWSER(hashed=hash_of(previous or ""), browser_=new.browser)
        hashed = hash_of(identifier)

        def work(connection: Connection) -> Session:
            # A browser that has brought none has most often none.
            is_first = previous is None and arrival.begun is None
            session = self._added(connection, new, hashed) if is_first else None
            while session is None:
                # Again, where another window has begun one in the very same moment.
                found = looking.all(connection)
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
                    _CHANGE(session_id=session.id, identifier=hashed).run(connection)
            if arrival.left is not None:
                reservation, sealed = arrival.left
                leave(connection, reservation, sealed(session.id), session.person)
            self._participating(session, arrival.client_id, arrival.subject).run(connection)
            for membership in in_order(arrival.learnt):
                self._memberships.putting(membership).run(connection)
            self._discord_tokens.keep(connection, arrival.tokens)
            return session

        return await self._database.write(work)

    def _kept(self, found: Sequence[Row], new: Session, begun: str | None) -> Row | None:
        """Answer the session that lives on, if any does."""
        living = [row for row in found if self._sessions.lives(row) and _is_same(row, new)]
        # The one of the cookie rather than one whose cookie was lost.
        kept = max(living, key=lambda row: row["browser"] != new.browser, default=None)
        if begun is not None and (kept is None or kept["id"] != begun):
            raise signed_out()
        return kept

    def _added(self, connection: Connection, new: Session, hashed: str) -> Session | None:
        adding = self._add(id=new.id, identifier=hashed, **self._sessions.row(new))
        return new if adding.run(connection) == 1 else None

    def _renewed(self, connection: Connection, kept: Row, new: Session, hashed: str) -> Session:
        session = replace(new, id=kept["id"], began_at=kept["began_at"])
        its = self._sessions.row(session)
        _CHANGE(session_id=session.id, identifier=hashed, **its).run(connection)
        return session

    async def enter(self, session: Session, entry: Entry, account: Account) -> None:
        """Let the person of a session go on to a client, and keep the code that it gets.

        ``account`` is what Discord says of them now.

        Raises:
            InvalidGrant: the session has ended meanwhile. Nothing is written.
        """
        now = int(self._clock())
        sealed = self._sessions.sealed(session.id, account)
        using = _CHANGE(session_id=session.id, used_at=now, **sealed)

        def work(connection: Connection) -> None:
            hold_alone(connection, session.id, now)
            using.run(connection)
            if entry.code is not None:
                _putting(entry.code, session).run(connection)
            self._participating(session, entry.client_id, entry.subject).run(connection)
            for membership in in_order(entry.learnt):
                self._memberships.putting(membership).run(connection)

        await self._database.write(work)

    def _participating(self, session: Session, client_id: str, subject: str) -> Statement:
        now = int(self._clock())
        part = self._sessions.part(session, client_id, subject)
        return self._participate(**part, first_at=now, last_at=now)


def _putting(code: NewCode, session: Session) -> Statement:
    return _ADD_CODE(
        id=code.id,
        spent=False,
        reserved_until=0,
        exchanged=code.exchanged,
        application=session.application,
        person=session.person,
        expires_at=code.expires_at,
    )


def _is_same(row: Row, session: Session) -> bool:
    names = ("application", "person", "issuer")
    return all(row[name] == getattr(session, name) for name in names)
