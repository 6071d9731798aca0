"""The token and revocation endpoints (RFC 6749, section 3.2; RFC 7009)."""

import base64
import binascii
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.sandbox.discord.answers import oauth_error
from snowflake.sandbox.discord.applications import Application
from snowflake.sandbox.discord.grants import TOKEN_LIFETIME, Grants, InvalidGrant, Tokens
from snowflake.sandbox.discord.requests import RecordedRequest
from snowflake.sandbox.discord.state import State, recorded


class TokenRoutes:
    """The endpoints at which an application, not a person, is the one who asks."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def token(self, request: Request) -> Response:
        """``POST /oauth2/token``: exchange a code or a refresh token."""
        record = recorded(request)
        # 1. Discord takes forms only.
        form = record.form
        if form is None:
            return _not_a_form()
        # 2. Which application asks? Before the code is looked at, so that no one else can spend it.
        application = self._application(record, form)
        if application is None:
            return _invalid_client()
        # 3. Exchange.
        grant = _GRANTS.get(form.get("grant_type", ""))
        if grant is None:
            return oauth_error(400, "unsupported_grant_type", 'Invalid "grant_type" in request.')
        try:
            tokens = grant(self._state.grants, application, form, _secret(record, form) is None)
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
        record = recorded(request)
        form = record.form
        if form is None:
            return _not_a_form()
        application = self._application(record, form)
        if application is None:
            return _invalid_client()
        if "token" not in form:
            return oauth_error(400, "invalid_request", 'Missing "token" in request.')
        self._state.grants.revoke(application.id, form["token"])
        return JSONResponse({})

    def _application(self, record: RecordedRequest, form: Mapping[str, str]) -> Application | None:
        client_id = (_basic(record) or (form.get("client_id", ""), ""))[0]
        application = self._state.applications.get(client_id)
        if application is None or not application.admits(_secret(record, form)):
            return None
        return application


def _authorization_code(
    grants: Grants, application: Application, form: Mapping[str, str], no_secret: bool
) -> Tokens:
    return grants.redeem(
        application.id,
        form.get("code", ""),
        form.get("redirect_uri", ""),
        form.get("code_verifier"),
        pkce=no_secret,
    )


def _refresh_token(
    grants: Grants, application: Application, form: Mapping[str, str], _: bool
) -> Tokens:
    return grants.refresh(application.id, form.get("refresh_token", ""))


_GRANTS = {"authorization_code": _authorization_code, "refresh_token": _refresh_token}


def _secret(record: RecordedRequest, form: Mapping[str, str]) -> str | None:
    basic = _basic(record)
    return basic[1] if basic else form.get("client_secret")


def _basic(record: RecordedRequest) -> tuple[str, str] | None:
    scheme, _, credentials = record.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret


def _not_a_form() -> Response:
    return oauth_error(400, "invalid_request", "The body must be a form.")


def _invalid_client() -> Response:
    return oauth_error(401, "invalid_client", "Invalid client credentials.")
