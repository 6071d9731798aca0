"""What a login leaves: grants, their refresh tokens, codes, Discord's tokens and its answers."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    false,
    text,
)

from snowflake.store.schema.metadata import metadata

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
# The few that still know a successor, for housekeeping to find among the many. It is so on
# PostgreSQL too, by the migration: said here, each start on SQLite would read that dialect as well.
Index(
    "ix_refresh_tokens_used_at",
    refresh_tokens.c.used_at,
    sqlite_where=refresh_tokens.c.successor.is_not(None),
)

#: Access tokens that are no JSON Web Tokens, by their SHA-256. ``sid`` is the client's name for the
#: session in which one was issued.
access_tokens = Table(
    "access_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("grant_id", ForeignKey("grants.id", ondelete="CASCADE"), nullable=False),
    Column("scope", Text, nullable=False),
    Column("sid", String(64)),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "grant_id"),
    Index(None, "expires_at"),
)

#: Access tokens that clients got for themselves, by the SHA-256 of their names.
client_tokens = Table(
    "client_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("client_id", String(256), nullable=False),
    Column("subject", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "expires_at"),
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
