"""Logouts that clients are yet to be told of (OpenID Connect Back-Channel Logout 1.0).

A delivery is written in the transaction that ends the session, and stays until the client has heard
it or a day has gone by, whatever crashes in between.
"""

import secrets
from typing import Final

from sqlalchemy import insert

from snowflake.store.database import Statement
from snowflake.store.schema import logout_deliveries

#: Seconds after which nobody is told any more.
KEPT: Final = 86_400

_ADD = insert(logout_deliveries)


def adding(client_id: str, person: str, sid: str, issuer: str, now: int) -> Statement:
    """Answer the statement that has a client told of a person's end, from ``now`` on."""
    return _ADD, {
        "id": secrets.token_hex(16),
        "client_id": client_id,
        "person": person,
        "sid": sid,
        "issuer": issuer,
        "attempts": 0,
        "due_at": now,
        "held_until": 0,
        "expires_at": now + KEPT,
    }
