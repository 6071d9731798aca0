"""What the process does from which mortals are forked: all that every start would do again.

Importing this changes the process for good. It is imported there and nowhere else.
"""

import os
import secrets
import ssl
from functools import cache

import httpx

import snowflake.store.leases
import snowflake.web.app
from snowflake.state.key_ring import successions
from tests.running import CHECKED_ONCE


class Marks:
    """Marks of leases that begin with whose they are."""

    @staticmethod
    def token_hex(_: int) -> str:
        return f"{os.getpid():08x}{secrets.token_hex(12)}"


snowflake.store.leases.secrets = Marks  # type: ignore[assignment, attr-defined]
vars(successions).update(CHECKED_ONCE)
# Every client reads the certificates, which takes longer than a login.
ssl.create_default_context = cache(ssl.create_default_context)  # type: ignore[assignment]
httpx.Client().close()
