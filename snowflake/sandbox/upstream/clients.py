"""Clients that are registered at the provider."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from snowflake.sandbox.requests import RecordedRequest


@dataclass(frozen=True)
class Client:
    """A confidential client. ``redirect_uris`` are compared as exact strings."""

    id: str
    secret: str
    name: str
    redirect_uris: tuple[str, ...] = ()

    def admits(self, secret: str) -> bool:
        """Tell whether a request with this secret comes from the client."""
        return hmac.compare_digest(secret.encode(), self.secret.encode())


def credentials(record: RecordedRequest) -> tuple[str, str]:
    """Return ID and secret of who asks, of header or form (RFC 6749, section 2.3.1)."""
    if record.basic is None:
        form = record.form or {}
        return form.get("client_id", ""), form.get("client_secret", "")
    client_id, secret = record.basic
    return unquote_plus(client_id), unquote_plus(secret)


def authenticated(record: RecordedRequest, clients: Mapping[str, Client]) -> Client | None:
    """Return the client, of those by ID, that has sent a request; None if it cannot show so."""
    client_id, secret = credentials(record)
    client = clients.get(client_id)
    return client if client is not None and client.admits(secret) else None
