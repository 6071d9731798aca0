"""Devices that wait for a person, who allows them in a browser elsewhere (RFC 8628)."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from snowflake.store.schema.metadata import metadata

#: By the SHA-256 of the device code; people come with the user code, of which there is a keyed
#: hash, since one so short could be guessed. ``asked`` is what the device wants, and where it is.
#: Once a ``person`` has allowed it, ``code`` is what signs it in. It may ask each ``pace`` seconds.
device_codes = Table(
    "device_codes",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user_code", String(64), nullable=False),
    Column("client_id", String(256), nullable=False),
    Column("asked", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("code", Text),
    Column("person", String(32)),
    Column("pace", Integer, nullable=False),
    Column("polled_at", BigInteger),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "user_code", unique=True),
    Index(None, "person"),
    Index(None, "expires_at"),
)
