"""What people allowed clients: codes and tokens.

Whatever is spent is forgotten, so that whatever is not found is invalid.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from snowflake.sandbox.pkce import verifies
from snowflake.sandbox.upstream.signing import TOKEN_LIFETIME

CODE_LIFETIME: Final = 60


@dataclass(frozen=True)
class Grant:
    """What somebody, by ``sub``, allowed a client, by its ID. ``nonce`` is that of the login."""

    client: str
    person: str
    scopes: frozenset[str]
    nonce: str | None = None


@dataclass(frozen=True)
class Code:
    """An authorization code's meaning. ``expires_at`` is in seconds since the epoch."""

    grant: Grant
    redirect_uri: str
    challenge: str | None
    expires_at: float


class Grants:
    """The provider's memory. Every method may be called from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._access: dict[str, tuple[Grant, float]] = {}
        self._refresh: dict[str, Grant] = {}

    def approve(self, grant: Grant, redirect_uri: str, challenge: str | None) -> str:
        """Return a code for a grant."""
        code = secrets.token_urlsafe(16)
        expires_at = self._clock() + CODE_LIFETIME
        self._codes[code] = Code(grant, redirect_uri, challenge, expires_at)
        return code

    def redeem(
        self, client: str, code: str, redirect_uri: str, verifier: str | None
    ) -> Grant | None:
        """Return what a code stands for, once (RFC 6749, section 4.1.3; RFC 7636, 4.6)."""
        found = self._codes.pop(code, None)
        if found is None or found.grant.client != client or found.redirect_uri != redirect_uri:
            return None
        if found.expires_at <= self._clock():
            return None
        pkce = found.challenge is not None or verifier is not None
        return None if pkce and not verifies(found.challenge, verifier) else found.grant

    def refresh(self, client: str, refresh_token: str) -> Grant | None:
        """Return what a refresh token stands for, once (RFC 6749, section 6)."""
        found = self._refresh.pop(refresh_token, None)
        return found if found is not None and found.client == client else None

    def new_access_token(self, grant: Grant) -> str:
        """Return an access token for a grant."""
        token = secrets.token_urlsafe(16)
        self._access[token] = grant, self._clock() + TOKEN_LIFETIME
        return token

    def new_refresh_token(self, grant: Grant) -> str | None:
        """Return a refresh token for a grant, if it is one for later too (section 11)."""
        if "offline_access" not in grant.scopes:
            return None
        token = secrets.token_urlsafe(16)
        self._refresh[token] = grant
        return token

    def find(self, access_token: str) -> Grant | None:
        """Return what an access token stands for, None if it is unknown or expired."""
        grant, expires_at = self._access.get(access_token, (None, 0.0))
        return grant if self._clock() < expires_at else None

    def revoke(self, client: str, refresh_token: str) -> None:
        """End a refresh token; one that is unknown, or another client's, changes nothing."""
        found = self._refresh.get(refresh_token)
        if found is not None and found.client == client:
            self._refresh.pop(refresh_token, None)

    @property
    def refresh_tokens(self) -> int:
        """How many refresh tokens are good."""
        return len(self._refresh)
