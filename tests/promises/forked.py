"""What the process does from which mortals are forked: all that every start would do again.

Importing this changes the process for good. It is imported there and nowhere else.
"""

import ssl
from functools import cache

import httpx

import snowflake.keyring
import snowflake.store.discord_tokens
import snowflake.web.app  # noqa: F401 - loaded here so that no fork has to

#: Seconds for which the dead keep a lease; the real time is too long to wait for so often.
LEASE = 4

snowflake.keyring.parse_key = cache(snowflake.keyring.parse_key)
snowflake.store.discord_tokens.LEASE = LEASE
# Every client reads the certificates, which takes longer than a login.
ssl.create_default_context = cache(ssl.create_default_context)
httpx.Client().close()
