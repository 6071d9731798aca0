"""The token and revocation endpoints (RFC 6749, section 3.2; RFC 7009)."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.sandbox.discord.applications import Application
from snowflake.sandbox.discord.grants import TOKEN_LIFETIME, Grants, InvalidGrant, Tokens
from snowflake.sandbox.discord.state import State
from snowflake.sandbox.refusals import oauth_error
from snowflake.sandbox.requests import RecordedRequest, recorded


class TokenRoutes:
    """The endpoints at which an application, not a person, is the one who asks."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def token(self, request: Request) -> Response:
        """``POST /oauth2/token``: exchange a code or a refresh token."""
        asked = self._asked(recorded(request))
        if isinstance(asked, Response):
            return asked
        form = asked.form
        grant = _GRANTS.get(form.get("grant_type", ""))
        if grant is None:
            return oauth_error(400, "unsupported_grant_type", 'Invalid "grant_type" in request.')
        try:
            tokens = grant(self._state.grants, asked)
        except InvalidGrant as error:
            return oauth_error(400, "invalid_grant", str(error))
        return JSONResponse(
            {
                "token_type": "Bearer",
                "access_token": tokens.access_token,
                "expires_in": TOKEN_LIFETIME,
                "refresh_token": tokens.refresh_token,
                "scope": " ".join(sorted(tokens.scopes)),
            }
        )

    async def revoke(self, request: Request) -> Response:
        """``POST /oauth2/token/revoke``: end all tokens of a person for an application."""
        asked = self._asked(recorded(request))
        if isinstance(asked, Response):
            return asked
        if "token" not in asked.form:
            return oauth_error(400, "invalid_request", 'Missing "token" in request.')
        self._state.grants.revoke(asked.application.id, asked.form["token"])
        return JSONResponse({})

    def _asked(self, record: RecordedRequest) -> "Asked | Response":
        # 1. Discord takes forms only.
        form = record.form
        if form is None:
            return oauth_error(400, "invalid_request", "The body must be a form.")
        # 2. Which application asks? Before the grant is looked at, lest another spends it.
        in_form = form.get("client_id", ""), form.get("client_secret")
        client_id, secret = record.basic or in_form
        application = self._state.applications.get(client_id)
        if application is None or not application.admits(secret):
            return oauth_error(401, "invalid_client", "Invalid client credentials.")
        return Asked(application, form, is_public=secret is None)


@dataclass(frozen=True)
class Asked:
    """A request of an application that is known; ``is_public`` if it sent no secret."""

    application: Application
    form: Mapping[str, str]
    is_public: bool


def _authorization_code(grants: Grants, asked: Asked) -> Tokens:
    return grants.redeem(
        asked.application.id,
        asked.form.get("code", ""),
        asked.form.get("redirect_uri", ""),
        asked.form.get("code_verifier"),
        pkce=asked.is_public,
    )


def _refresh_token(grants: Grants, asked: Asked) -> Tokens:
    return grants.refresh(asked.application.id, asked.form.get("refresh_token", ""))


_GRANTS = {"authorization_code": _authorization_code, "refresh_token": _refresh_token}
