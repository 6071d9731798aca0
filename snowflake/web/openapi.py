"""The OpenAPI document, made of what the code knows: scopes, claims, grant types, prompts."""

from typing import Any

from snowflake import __version__
from snowflake.linked_roles import paths as of_linked_roles
from snowflake.oidc.authorize import PROMPTS, RESPONSE_TYPE
from snowflake.oidc.grants import GRANTS
from snowflake.oidc.scopes import SCOPES
from snowflake.protocol import paths
from snowflake.protocol.pkce import METHOD
from snowflake.settings import Settings

# JSON of a shape that the OpenAPI specification defines; there is nothing to gain from its type.
Json = dict[str, Any]


def openapi_document(issuer: str, settings: Settings) -> Json:
    """Answer the document (OpenAPI 3.0.3, which the bundled Swagger UI reads)."""
    linked_roles = _linked_roles(settings)
    schemes = {"hook_secret": _BEARER} if of_linked_roles.HOOK in linked_roles else {}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Snowflake",
            "version": __version__,
            "description": "Discord as an OpenID Connect provider.",
        },
        "servers": [{"url": issuer}],
        "paths": _paths() | linked_roles,
        "components": {
            "schemas": {"Error": _object(error=_text(), error_description=_text())},
            "securitySchemes": {
                "client": {"type": "http", "scheme": "basic"},
                "access_token": _BEARER,
                **schemes,
            },
        },
    }


def _paths() -> Json:
    authorization = _authorization_parameters()
    return {
        paths.AUTHORIZE: {
            "get": {
                "summary": "Authorization endpoint",
                "parameters": [
                    {"name": name, "in": "query", "required": name in _REQUIRED, "schema": schema}
                    for name, schema in authorization.items()
                ],
                "responses": {"302": _answer("On to Discord"), "400": _answer("A page")},
            },
            "post": {
                "summary": "Authorization endpoint",
                "requestBody": _form(authorization, _REQUIRED),
                "responses": {"302": _answer("On to Discord"), "400": _answer("A page")},
            },
        },
        paths.FORWARDING + "{redirect_uri}": {
            "get": {
                "summary": "Where Discord sends people back to",
                "parameters": [
                    {"name": "redirect_uri", "in": "path", "required": True, "schema": _text()}
                ],
                "responses": {
                    "302": _answer("On to the application"),
                    "400": _answer("A page"),
                    "429": _answer("A page: too many codes were made up"),
                },
            }
        },
        paths.CALLBACK: {
            "get": {
                "summary": "The same for registered clients",
                "responses": {
                    "302": _answer("On to the application"),
                    "400": _answer("A page"),
                    "403": _answer("A page for somebody who may not sign in"),
                    "429": _answer("A page: too many codes were made up"),
                },
            }
        },
        paths.END_SESSION: {
            method: {
                "summary": "End session endpoint",
                "responses": {"302": _answer("Back to the application"), "200": _answer("A page")},
            }
            for method in ("get", "post")
        },
        paths.TOKEN: {
            "post": {
                "summary": "Token endpoint",
                "security": [{"client": []}, {}],
                "requestBody": _form(_TOKEN_PARAMETERS, {"grant_type"}),
                "responses": {
                    "200": _json("Tokens", _TOKENS),
                    "400": _error("The grant or the request is wrong"),
                    "401": _error("The client is wrong"),
                    "429": _error("Too much was tried in vain; Discord is not asked for now"),
                    "503": _error("Discord can't be asked right now"),
                },
            }
        },
        paths.USERINFO: {
            method: {
                "summary": "UserInfo endpoint",
                "security": [{"access_token": []}],
                "responses": {
                    "200": _json("The person's claims", _claims()),
                    "401": _error("The access token is wrong"),
                },
            }
            for method in ("get", "post")
        },
        paths.REVOKE: {
            "post": {
                "summary": "Revocation endpoint",
                "security": [{"client": []}, {}],
                "requestBody": _form(_PRESENTED_PARAMETERS, {"token"}),
                "responses": {
                    "200": _answer("The token is worth nothing, now if not before"),
                    "401": _error("The client is wrong"),
                },
            }
        },
        paths.INTROSPECT: {
            "post": {
                "summary": "Introspection endpoint",
                "security": [{"client": []}, {}],
                "requestBody": _form(_PRESENTED_PARAMETERS, {"token"}),
                "responses": {
                    "200": _json("What the token is worth", _object(active={"type": "boolean"})),
                    "401": _error("The client is wrong"),
                },
            }
        },
        paths.OPENID_CONFIGURATION: _plain("Discovery document"),
        paths.AUTHORIZATION_SERVER: _plain("The same, by its name in RFC 8414"),
        paths.JWKS: _plain("JSON Web Key Set"),
        paths.WEBFINGER: _plain("WebFinger", "resource"),
        paths.HEALTH: _plain("Whether the process is there"),
        paths.READY: _plain("Whether it can do its work"),
    }


def _linked_roles(settings: Settings) -> Json:
    """Describe the paths of linked roles, as far as they are configured."""
    table, listed = settings.linked_roles, Json()
    if table is not None:
        listed |= {
            of_linked_roles.START: _step("Begins to link a person", "On to Discord"),
            of_linked_roles.DISCORD: _step(
                "Where Discord sends people back to who link or unlink",
                "On to the upstream provider",
                "A page that asks whether to unlink",
            ),
            of_linked_roles.UPSTREAM: {
                "get": {
                    "summary": "Where the upstream provider sends people back to",
                    "responses": _pages("What Discord knows of the person now"),
                }
            },
            of_linked_roles.UNLINK: {
                **_step("Begins to unlink a person", "On to Discord"),
                "post": {
                    "summary": "Unlinks a person who has confirmed it on our page",
                    "requestBody": _form({"note": _text()}, {"note"}),
                    "responses": _pages("The person is unlinked"),
                },
            },
        }
    if table is not None and table.hook_secret is not None:
        listed[of_linked_roles.HOOK] = {
            "post": {
                "summary": "The upstream provider says that somebody has changed",
                "security": [{"hook_secret": []}],
                "requestBody": _body({**_object(sub=_text()), "required": ["sub"]}),
                "responses": {
                    "202": _answer("Whoever it is will be asked about soon, if they are linked"),
                    "400": _error("The body names nobody"),
                    "401": _error("The secret is wrong"),
                    "429": _error("The secret was wrong too often"),
                },
            }
        }
    if settings.discord_public_key is not None:
        listed[of_linked_roles.EVENTS] = {
            "post": {
                "summary": "Discord says that somebody has removed the application",
                "requestBody": _body(_object(application_id=_text(), event=_object())),
                "responses": {
                    "204": _answer("Heeded, or of no interest"),
                    "400": _error("The body is no event"),
                    "401": _error("The signature is wrong, or old"),
                },
            }
        }
    return listed


def _step(summary: str, redirect: str, page: str | None = None) -> Json:
    responses = {"302": _answer(redirect), **_pages(page)}
    return {"get": {"summary": summary, "responses": responses}}


def _pages(page: str | None) -> Json:
    return {
        **({"200": _answer(page)} if page is not None else {}),
        "400": _answer("A page with a way to start again"),
        "429": _answer("The same, after too many codes that were made up"),
        "503": _answer("The same, while Discord or the upstream provider is down"),
    }


_BEARER: Json = {"type": "http", "scheme": "bearer"}
_REQUIRED = {"client_id", "redirect_uri", "response_type", "scope"}


def _authorization_parameters() -> Json:
    return {
        "client_id": _text(),
        "redirect_uri": _text(),
        "response_type": _one_of(RESPONSE_TYPE),
        "scope": {**_text(), "example": " ".join(SCOPES)},
        "state": _text(),
        "nonce": _text(),
        "prompt": _one_of(*PROMPTS),
        "code_challenge": _text(),
        "code_challenge_method": _one_of(METHOD),
    }


def _text() -> Json:
    return {"type": "string"}


def _one_of(*values: str) -> Json:
    return {"type": "string", "enum": list(values)}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


_TOKEN_PARAMETERS: Json = {
    "grant_type": _one_of(*GRANTS),
    "code": _text(),
    "redirect_uri": _text(),
    "code_verifier": _text(),
    "refresh_token": _text(),
    "scope": _text(),
    "include_refresh_token": _one_of("true", "false"),
    "client_id": _text(),
    "client_secret": _text(),
}
_PRESENTED_PARAMETERS: Json = {
    "token": _text(),
    "token_type_hint": _one_of("access_token", "refresh_token"),
    "client_id": _text(),
    "client_secret": _text(),
}
_TOKENS = _object(
    access_token=_text(),
    token_type=_one_of("Bearer"),
    expires_in={"type": "integer"},
    id_token=_text(),
    refresh_token=_text(),
    scope=_text(),
)


def _claims() -> Json:
    return _object(
        **{
            claim: {"description": f"With the scope {name}."}
            for name, scope in SCOPES.items()
            for claim in scope.claims
        }
    )


def _form(properties: Json, required: set[str]) -> Json:
    schema = {**_object(**properties), "required": sorted(required)}
    return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _answer(description: str) -> Json:
    return {"description": description}


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _error(description: str) -> Json:
    return _json(description, {"$ref": "#/components/schemas/Error"})


def _plain(summary: str, *parameters: str) -> Json:
    return {
        "get": {
            "summary": summary,
            "parameters": [
                {"name": name, "in": "query", "required": True, "schema": _text()}
                for name in parameters
            ],
            "responses": {"200": _json(summary, _object())},
        }
    }
