"""Sessions, what ends with them, and what people have allowed."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text

from snowflake.store.schema.metadata import metadata

#: One person signed in in one browser. ``identifier`` is the SHA-256 of what its cookie holds, and
#: ``browser`` the fingerprint of the one that ties its logins to it.
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("identifier", String(64), nullable=False),
    Column("browser", String(64), nullable=False),
    Column("application", String(256), nullable=False),
    Column("person", String(32), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("auth_time", BigInteger, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("sealed_by", String(32), nullable=False),
    Index(None, "identifier", unique=True),
    Index(None, "browser", unique=True),
    Index(None, "person"),
    Index(None, "expires_at"),
    Index(None, "sealed_by"),
)

#: The registered clients that took part in a session, each with the ``sid`` by which it knows it,
#: and the ``subject`` by which it was last told to know the person, unless that is their ID.
session_clients = Table(
    "session_clients",
    metadata,
    Column("session", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("client_id", String(256), primary_key=True),
    Column("sid", String(64), nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("subject", Text),
    Column("sealed_by", String(32)),
    Index(None, "sid"),
    Index(None, "sealed_by"),
)

#: Clients that are yet to be told, by their server, that somebody has signed out. One process has
#: a delivery to itself until ``held_until``; it is tried again from ``due_at`` on. ``refusals`` are
#: those ``attempts`` after which the client said that it takes no such token. ``subject`` is as the
#: session had it.
logout_deliveries = Table(
    "logout_deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("client_id", String(256), nullable=False),
    Column("person", String(32), nullable=False),
    Column("sid", String(64), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("refusals", Integer, nullable=False, server_default=text("0")),
    Column("due_at", BigInteger, nullable=False),
    Column("held_until", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("subject", Text),
    Column("sealed_by", String(32)),
    Index(None, "person"),
    Index(None, "client_id", "due_at"),
    Index(None, "expires_at"),
    Index(None, "sealed_by"),
)

#: What a person has allowed a client to learn, on the page of Snowflake that asks.
consents = Table(
    "consents",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("client_id", String(256), primary_key=True),
    Column("scope", Text, nullable=False),
    Column("given_at", BigInteger, nullable=False),
)

#: People at whom a bot looks again while they are signed in, and when it did so last.
watched_people = Table(
    "watched_people",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("looked_at", BigInteger, nullable=False),
    Index(None, "looked_at"),
)
