"""Clients that are registered at the provider."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from urllib.parse import unquote_plus

from snowflake.sandbox.discord.requests import RecordedRequest


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
    scheme, encoded = record.authorization
    if scheme != "basic":
        form = record.form or {}
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)
