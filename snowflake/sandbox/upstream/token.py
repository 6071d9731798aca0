"""The token and revocation endpoints (OpenID Connect Core 1.0, 3.1.3 and 12; RFC 7009)."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.sandbox.refusals import oauth_error
from snowflake.sandbox.requests import recorded
from snowflake.sandbox.upstream.clients import Client, authenticated
from snowflake.sandbox.upstream.discovery import issuer_of
from snowflake.sandbox.upstream.grants import Grant
from snowflake.sandbox.upstream.people import Person
from snowflake.sandbox.upstream.signing import TOKEN_LIFETIME
from snowflake.sandbox.upstream.state import State


class TokenRoutes:
    """The endpoints at which a client, not a person, is the one who asks."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def token(self, request: Request) -> Response:
        """``POST``: exchange a code or a refresh token."""
        record = recorded(request)
        # 1. Which client asks? Before the grant is looked at, lest another spends it.
        client = authenticated(record, self._state.clients)
        if client is None:
            return oauth_error(401, "invalid_client", "Client authentication failed.")
        # 2. For what?
        form = record.form or {}
        match form.get("grant_type"):
            case "authorization_code":
                grant = self._redeemed(client, form)
            case "refresh_token":
                grant = self._state.grants.refresh(client.id, form.get("refresh_token", ""))
            case _:
                return oauth_error(400, "unsupported_grant_type", "There is no such grant type.")
        # 3. Who is it about, and are they still there?
        person = self._state.active(grant.person) if grant else None
        if grant is None or person is None:
            return oauth_error(400, "invalid_grant", "The grant is expired, spent or revoked.")
        # 4. Tell.
        is_first = form["grant_type"] == "authorization_code"
        issued = self._issued(issuer_of(request), grant, person, is_first=is_first)
        return JSONResponse(
            {name: value for name, value in issued.items() if value is not None},
            headers={"Cache-Control": "no-store"},
        )

    async def revoke(self, request: Request) -> Response:
        """``POST``: end a refresh token."""
        record = recorded(request)
        client = authenticated(record, self._state.clients)
        if client is None:
            return oauth_error(401, "invalid_client", "Client authentication failed.")
        self._state.grants.revoke(client.id, (record.form or {}).get("token", ""))
        return JSONResponse({})

    def _redeemed(self, client: Client, form: Mapping[str, str]) -> Grant | None:
        return self._state.grants.redeem(
            client.id,
            form.get("code", ""),
            form.get("redirect_uri", ""),
            form.get("code_verifier"),
        )

    def _issued(
        self, issuer: str, grant: Grant, person: Person, *, is_first: bool
    ) -> dict[str, Any]:
        access_token = self._state.grants.new_access_token(grant)
        claims: dict[str, Any] = {**person.told(grant.scopes), "iss": issuer, "aud": grant.client}
        # The ID token of a refresh has no nonce (OpenID Connect Core 1.0, section 12.2).
        if is_first and grant.nonce is not None:
            claims["nonce"] = grant.nonce
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME,
            "scope": " ".join(sorted(grant.scopes)) if self._state.names_scopes else None,
            "refresh_token": self._state.grants.new_refresh_token(grant),
            "id_token": self._state.signer.id_token(
                claims, access_token, self._state.clock(), self._state.next_lie()
            ),
        }
