"""What people allowed applications: approvals, codes and tokens.

Every method may be called from any thread. Codes, refresh tokens and the like are forgotten when
they are spent, so that whatever is not found is invalid.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from snowflake.sandbox.pkce import verifies

CODE_LIFETIME = 600
TOKEN_LIFETIME = 604_800


class InvalidGrant(Exception):
    """A code or refresh token is not good (RFC 6749, section 5.2)."""


@dataclass(frozen=True)
class Code:
    """An authorization code's meaning. ``expires_at`` is in seconds since the epoch."""

    application: str
    person: str
    redirect_uri: str
    code_challenge: str | None
    expires_at: float


@dataclass(frozen=True)
class Token:
    """An access token's meaning. ``expires_at`` is in seconds since the epoch."""

    application: str
    person: str
    scopes: frozenset[str]
    expires_at: float


@dataclass(frozen=True)
class Tokens:
    """A pair of tokens as they are given out."""

    access_token: str
    refresh_token: str
    scopes: frozenset[str]


class Grants:
    """The memory of the simulated Discord's authorization server."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._approvals: dict[tuple[str, str], frozenset[str]] = {}
        self._codes: dict[str, Code] = {}
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, tuple[str, str]] = {}

    def approved(self, application: str, person: str) -> frozenset[str]:
        """Return the scopes that a person ever granted to an application."""
        return self._approvals.get((application, person), frozenset())

    def approve(
        self,
        application: str,
        person: str,
        scopes: frozenset[str],
        redirect_uri: str,
        code_challenge: str | None,
    ) -> str:
        """Add scopes to what a person granted, and return a code for it."""
        code = secrets.token_urlsafe(22)
        with self._lock:
            granted = self.approved(application, person) | scopes
            self._approvals[application, person] = granted
            self._codes[code] = Code(
                application, person, redirect_uri, code_challenge, self._clock() + CODE_LIFETIME
            )
        return code

    def redeem(
        self,
        application: str,
        code: str,
        redirect_uri: str,
        verifier: str | None,
        *,
        pkce: bool,
    ) -> Tokens:
        """Exchange a code for tokens, once (RFC 6749, section 4.1.3; RFC 7636, section 4.6).

        ``pkce`` demands a verifier whether or not a challenge was sent. Raises InvalidGrant, and
        then leaves the code as it was.
        """
        with self._lock:
            found = self._codes.get(code)
            if found is None or found.application != application:
                raise InvalidGrant('Invalid "code" in request.')
            if found.expires_at <= self._clock():
                raise InvalidGrant('Invalid "code" in request.')
            if found.redirect_uri != redirect_uri:
                raise InvalidGrant('Invalid "redirect_uri" in request.')
            challenge = found.code_challenge
            if (pkce or challenge) and not verifies(challenge, verifier):
                raise InvalidGrant('Invalid "code_verifier" in request.')
            del self._codes[code]
            return self._issue(application, found.person)

    def refresh(self, application: str, refresh_token: str) -> Tokens:
        """Exchange a refresh token for new tokens, once (RFC 6749, section 6).

        Raises InvalidGrant.
        """
        with self._lock:
            owner = self._refresh.get(refresh_token)
            if owner is None or owner[0] != application:
                raise InvalidGrant('Invalid "refresh_token" in request.')
            del self._refresh[refresh_token]
            return self._issue(*owner)

    def find(self, access_token: str) -> Token | None:
        """Return what an access token stands for, or None if it is unknown or expired."""
        token = self._access.get(access_token)
        return token if token is not None and self._clock() < token.expires_at else None

    def revoke(self, application: str, token: str) -> None:
        """End every token of the person to whom this token belongs (RFC 7009, section 2.1).

        A token that is unknown, or another application's, changes nothing.
        """
        with self._lock:
            owner = self._refresh.get(token)
            if owner is None and (found := self._access.get(token)):
                owner = (found.application, found.person)
            if owner is not None and owner[0] == application:
                self._end(owner)

    def remove(self, application: str, person: str) -> None:
        """Forget all that a person granted: what "Deauthorize" in Discord's settings does."""
        with self._lock:
            self._approvals.pop((application, person), None)
            self._end((application, person))

    def _end(self, owner: tuple[str, str]) -> None:
        self._refresh = {token: who for token, who in self._refresh.items() if who != owner}
        self._access = {
            token: found
            for token, found in self._access.items()
            if (found.application, found.person) != owner
        }
        self._codes = {
            code: found
            for code, found in self._codes.items()
            if (found.application, found.person) != owner
        }

    def _issue(self, application: str, person: str) -> Tokens:
        scopes = self.approved(application, person)
        tokens = Tokens(secrets.token_urlsafe(22), secrets.token_urlsafe(22), scopes)
        self._access[tokens.access_token] = Token(
            application, person, scopes, self._clock() + TOKEN_LIFETIME
        )
        self._refresh[tokens.refresh_token] = (application, person)
        return tokens
