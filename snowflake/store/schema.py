"""The tables. Times are Unix times in whole seconds; what is secret is sealed or hashed.

``sealed_by`` names the key under which a row is sealed, so that the key can be changed.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

#: Names for what the database would name in a way of its own; migrations need to know them.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
}
metadata = MetaData(naming_convention=NAMING)

#: What one person allowed one client. A grant that has ended is gone. One that began in a session
#: ends with it, unless it is ``offline``: the row of its session tells whether that lives.
grants = Table(
    "grants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("client_id", String(256), nullable=False),
    Column("application", String(256), nullable=False),
    Column("person", String(32), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("discord_scope", Text, nullable=False, server_default=text("''")),
    Column("auth_time", BigInteger, nullable=False),
    Column("claims", Text, nullable=False),
    Column("claims_at", BigInteger),
    Column("secret_hash", Text),
    Column("session", String(32)),
    Column("offline", Boolean, nullable=False, server_default=false()),
    Column("expires_at", BigInteger, nullable=False),
    Column("sealed_by", String(32), nullable=False),
    Index(None, "person", "client_id", "auth_time"),
    Index(None, "session"),
    Index(None, "expires_at"),
    Index(None, "sealed_by"),
)

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

#: The registered clients that took part in a session, each with the ``sid`` by which it knows it.
session_clients = Table(
    "session_clients",
    metadata,
    Column("session", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("client_id", String(256), primary_key=True),
    Column("sid", String(64), nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Index(None, "sid"),
)

#: Clients that are yet to be told, by their server, that somebody has signed out. One process has
#: a delivery to itself until ``held_until``; it is tried again from ``due_at`` on. ``refusals`` are
#: those ``attempts`` after which the client said that it takes no such token.
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
    Index(None, "person"),
    Index(None, "client_id", "due_at"),
    Index(None, "expires_at"),
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

#: Refresh tokens by their SHA-256. One that was used knows its successor for a short while.
refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("grant_id", ForeignKey("grants.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("successor", Text),
    Index(None, "grant_id"),
    Index(None, "expires_at"),
)
# The few that still know a successor, for housekeeping to find among the many.
_knows = refresh_tokens.c.successor.is_not(None)
Index(
    "ix_refresh_tokens_used_at",
    refresh_tokens.c.used_at,
    sqlite_where=_knows,
    postgresql_where=_knows,
)

#: Codes that were brought to the token endpoint, being redeemed or spent; and logins, which are of
#: one code or of several: being found out about, or ``exchanged``. ``person`` is who has come back
#: from the Discord ``application``, once it is known.
codes = Table(
    "codes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("spent", Boolean, nullable=False),
    Column("holder", String(32)),
    Column("reserved_until", BigInteger, nullable=False),
    Column("grant_id", String(64)),
    Column("exchanged", Text),
    Column("application", String(256)),
    Column("person", String(32)),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "application"),
    Index(None, "expires_at"),
)

#: Discord's tokens of one person for one Discord application: a pair for each set of scopes that no
#: other one holds. Until ``needed_until`` somebody is on their way who will use it.
discord_tokens = Table(
    "discord_tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("application", String(256), nullable=False),
    Column("person", String(32), nullable=False),
    Column("tokens", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("needed_until", BigInteger, nullable=False),
    Column("sealed_by", String(32), nullable=False),
    Index(None, "person"),
    Index(None, "sealed_by"),
)

#: What Discord said of a person's guilds: of one guild, or, where ``guild`` is empty, of all.
memberships = Table(
    "memberships",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("guild", String(32), primary_key=True),
    Column("answer", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("sealed_by", String(32), nullable=False),
    Index(None, "asked_at"),
    Index(None, "sealed_by"),
)

#: People at whom a bot looks again while they are signed in, and when it did so last.
watched_people = Table(
    "watched_people",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("looked_at", BigInteger, nullable=False),
    Index(None, "looked_at"),
)

#: Discord accounts that are tied to an account at the upstream provider, for linked roles.
links = Table(
    "links",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("application", String(256), nullable=False),
    Column("subject", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    Column("synced_at", BigInteger, nullable=False),
    Column("retry_at", BigInteger, nullable=False),
    Column("failures", BigInteger, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("sealed_by", String(32), nullable=False),
    Index(None, "subject"),
    Index(None, "synced_at"),
    Index(None, "sealed_by"),
)

#: Keys that sign tokens. The newest whose time has come signs; the others are still published.
#: ``lifetime`` is the longest, in seconds, of the tokens that one has signed.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(256), primary_key=True),
    Column("key", Text, nullable=False),
    Column("signs_from", BigInteger, nullable=False),
    Column("sealed_by", String(32), nullable=False),
    Column("lifetime", BigInteger),
)

#: Work that one process at a time may do, and until when it has it to itself.
leases = Table(
    "leases",
    metadata,
    Column("name", String(320), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("until", BigInteger, nullable=False),
)

#: Pairs of client ID and secret that Discord has accepted, by their keyed hash.
good_credentials = Table(
    "good_credentials",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Index(None, "seen_at"),
)

#: What was tried of late, a row for each of those whose share it spends, by their keyed hash.
attempts = Table(
    "attempts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Index(None, "owner", "at"),
    Index(None, "at"),
)
