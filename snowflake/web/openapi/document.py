"""The document, with the paths of the provider."""

from collections.abc import Mapping
from typing import Final

from snowflake import __version__
from snowflake.errors import LoginDenied, LoginError, NotFound
from snowflake.linked_roles import paths as of_linked_roles
from snowflake.protocol import paths
from snowflake.settings import Settings
from snowflake.web.openapi import schemas
from snowflake.web.openapi.answers import (
    ASKED,
    BODY,
    CLIENT,
    DISCORD,
    QUERY,
    STORE,
    TOKEN,
    empty,
    errors,
    json,
    page,
    pages,
    redirect,
)
from snowflake.web.openapi.devices import devices
from snowflake.web.openapi.linked_roles import linked_roles
from snowflake.web.openapi.schemas import Json, body, object_of, parameters, text

#: What is below the issuers that clients have to themselves.
OF_ISSUERS: Final[Mapping[str, str]] = {
    paths.OPENID_CONFIGURATION_OF_CLIENT: "Discovery document",
    paths.AUTHORIZATION_SERVER_OF_CLIENT: "Discovery document, by its name in RFC 8414,",
    paths.AUTHORIZATION_SERVER_FOR_CLIENT: "Discovery document, where RFC 8414 looks for it,",
    paths.JWKS_OF_CLIENT: "JSON Web Key Set",
}
_BEARER: Json = {"type": "http", "scheme": "bearer"}


def openapi_document(provider: Json, settings: Settings) -> Json:
    """Answer the document (OpenAPI 3.0.3, which the bundled Swagger UI reads).

    It lists what the ``provider`` says of itself in its discovery document, and nothing else.
    """
    further = linked_roles(settings)
    schemes = {"hook_secret": _BEARER} if of_linked_roles.HOOK in further else {}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Snowflake",
            "version": __version__,
            "description": "Discord as an OpenID Connect provider.",
        },
        "servers": [{"url": provider["issuer"]}],
        "paths": {
            **_for_people(provider),
            **_for_clients(provider),
            **devices(),
            **_for_everybody(),
            **further,
        },
        "components": {
            "schemas": {"Error": schemas.ERROR},
            "securitySchemes": {
                "client": {"type": "http", "scheme": "basic"},
                "access_token": _BEARER,
                **schemes,
            },
        },
    }


def _for_people(provider: Json) -> Json:
    """Describe where a person's browser is sent."""
    request = schemas.authorization(provider)
    back = (*QUERY, *DISCORD, LoginError)
    own = (*QUERY, *STORE, NotFound)
    onward = redirect("On to the application")
    return {
        paths.AUTHORIZE: {
            "get": {
                "summary": "Authorization endpoint",
                "parameters": parameters("query", request, *schemas.AUTHORIZATION_REQUIRED),
                "responses": {"302": redirect("On to Discord"), **pages(*QUERY, *STORE)},
            },
            "post": {
                "summary": "Authorization endpoint",
                "requestBody": body(
                    schemas.FORM, object_of(*schemas.AUTHORIZATION_REQUIRED, **request)
                ),
                "responses": {"302": redirect("On to Discord"), **_TO_GET, **pages(*BODY, *STORE)},
            },
        },
        paths.FORWARDING + "{redirect_uri}": {
            "get": {
                "summary": "Where Discord sends people back to",
                "parameters": [
                    *parameters("path", {"redirect_uri": text()}, "redirect_uri"),
                    *parameters("query", schemas.DISCORDS_ANSWER),
                ],
                "responses": {"302": onward, **pages(*back)},
            }
        },
        paths.CALLBACK: {
            "get": {
                "summary": "The same for registered clients",
                "parameters": parameters("query", schemas.DISCORDS_ANSWER),
                "responses": {"302": onward, **pages(*back, LoginDenied)},
            }
        },
        paths.END_SESSION: {
            "get": {
                "summary": "End session endpoint",
                "parameters": parameters("query", schemas.LOGOUT),
                "responses": {**_SIGNED_OUT, **pages(*QUERY, *STORE)},
            },
            "post": {
                "summary": "End session endpoint",
                "requestBody": body(schemas.FORM, object_of(**schemas.LOGOUT)),
                "responses": {**_SIGNED_OUT, **_TO_GET, **pages(*BODY, *STORE)},
            },
        },
        paths.ACCOUNT: {
            "get": {
                "summary": "A person's own page",
                "responses": {"200": page("It"), "302": redirect("On to Discord"), **pages(*own)},
            },
            "post": {
                "summary": "A button of it",
                "requestBody": body(
                    schemas.FORM, object_of("note", "action", **schemas.ACCOUNT_BUTTON)
                ),
                "responses": {
                    "200": page("What came of it"),
                    "302": redirect("On to Discord"),
                    **pages(*BODY, *STORE, NotFound),
                },
            },
        },
        paths.CONSENT: {
            "get": {
                "summary": "Page that asks what an application may learn",
                "parameters": parameters("query", schemas.CONSENT, "note"),
                "responses": {"200": page("The question"), **pages(*QUERY, *STORE, LoginError)},
            },
            "post": {
                "summary": "Its answer",
                "requestBody": body(
                    schemas.FORM, object_of("note", "answer", **schemas.CONSENT_ANSWER)
                ),
                "responses": {"302": onward, **pages(*BODY, *DISCORD, LoginError, LoginDenied)},
            },
        },
    }


def _for_clients(provider: Json) -> Json:
    """Describe what applications ask for with a secret or a token."""
    client: Json = {"security": [{"client": []}, {}]}
    claims = json("The person's claims", schemas.claims(provider))
    if "userinfo_signing_alg_values_supported" in provider:
        claims["content"]["application/jwt"] = {"schema": schemas.text()}
    return {
        paths.TOKEN: {
            "post": {
                "summary": "Token endpoint",
                **client,
                "requestBody": body(schemas.FORM, schemas.grant(provider)),
                "responses": {"200": json("Tokens", schemas.TOKENS), **errors(*CLIENT)},
            }
        },
        paths.USERINFO: {
            method: {
                "summary": "UserInfo endpoint",
                "security": [{"access_token": []}],
                "responses": {"200": claims, **errors(*read, *DISCORD, *TOKEN)},
            }
            for method, read in (("get", ASKED), ("post", BODY))
        },
        paths.REVOKE: {
            "post": {
                "summary": "Revocation endpoint",
                **client,
                "requestBody": body(schemas.FORM, schemas.PRESENTED),
                "responses": {
                    "200": empty("The token is worth nothing, now if not before"),
                    **errors(*CLIENT),
                },
            }
        },
        paths.INTROSPECT: {
            "post": {
                "summary": "Introspection endpoint",
                **client,
                "requestBody": body(schemas.FORM, schemas.PRESENTED),
                "responses": {
                    "200": json("What the token is worth", schemas.INTROSPECTION),
                    **errors(*CLIENT),
                },
            }
        },
    }


def _for_everybody() -> Json:
    """Describe what anybody may know."""
    account = {"resource": {**text(), "example": "acct:somebody@example.com"}, "rel": text()}
    discovered = json("WebFinger", object_of("subject", "links"), "application/jrd+json")
    return {
        paths.OPENID_CONFIGURATION: _plain("Discovery document"),
        paths.AUTHORIZATION_SERVER: _plain("The same, by its name in RFC 8414"),
        paths.JWKS: _plain("JSON Web Key Set"),
        **{path: _of_client(path) for path in OF_ISSUERS},
        paths.WEBFINGER: {
            "get": {
                "summary": "WebFinger",
                "parameters": parameters("query", account, "resource"),
                "responses": {"200": discovered, **errors(*QUERY, NotFound)},
            }
        },
        paths.HEALTH: _plain("Whether the process is there"),
        paths.READY: _plain("Whether it can do its work", *STORE),
    }


#: What another site has posted is looked at with the cookies that come with a GET.
_TO_GET: Json = {"303": redirect("The same by GET")}
_SIGNED_OUT: Json = {
    "302": redirect("Back to the application"),
    "200": page("A page that says so"),
}


def _of_client(path: str) -> Json:
    of_one = parameters("path", {"client_id": text()}, "client_id")
    described = _plain(f"{OF_ISSUERS[path]} of a client's own issuer", NotFound)
    return {"get": {**described["get"], "parameters": of_one}}


def _plain(summary: str, *kinds: type[Exception]) -> Json:
    answers = {"200": json(summary, object_of()), **errors(*ASKED, *kinds)}
    return {"get": {"summary": summary, "responses": answers}}
