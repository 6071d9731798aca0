"""What belongs to nobody's login: links, keys, work that is divided, and attempts."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from snowflake.store.schema.metadata import metadata

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

#: The secret by which people are named to some clients, made once for all time: a single row.
subject_secret = Table(
    "subject_secret",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("secret", Text, nullable=False),
    Column("sealed_by", String(32), nullable=False),
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

#: JWTs by which clients have proven who they are, by the hash of client and ``jti``.
used_assertions = Table(
    "used_assertions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "expires_at"),
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
