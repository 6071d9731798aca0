"""What goes in and out of the endpoints, in the words of the OpenAPI specification."""

from typing import Any

from snowflake.oidc.client_assertion import ASSERTION_TYPE
from snowflake.oidc.scopes import BUILT_IN
from snowflake.settings.tables.scopes import RESERVED

# JSON of a shape that the OpenAPI specification defines; there is nothing to gain from its type.
Json = dict[str, Any]

FORM, JSON, PAGE = "application/x-www-form-urlencoded", "application/json", "text/html"


def text() -> Json:
    """Answer the schema of a text."""
    return {"type": "string"}


def one_of(*values: str) -> Json:
    """Answer the schema of a text that is one of these."""
    return {"type": "string", "enum": list(values)}


def one_listed(provider: Json, name: str) -> Json:
    """Answer the schema of a text that is in one of a provider's lists, which may be left out."""
    return one_of(*provider[name]) if name in provider else text()


def object_of(*required: str, **properties: Json) -> Json:
    """Answer the schema of an object with these properties, those named ``required`` always."""
    always = {"required": sorted(required)} if required else {}
    return {"type": "object", "properties": properties, **always}


def body(media_type: str, schema: Json) -> Json:
    """Answer the description of a body that must be sent."""
    return {"required": True, "content": {media_type: {"schema": schema}}}


def parameters(place: str, schemas: Json, *required: str) -> list[Json]:
    """Answer the descriptions of parameters in the query or in the path."""
    return [
        {"name": name, "in": place, "required": name in required, "schema": schema}
        for name, schema in schemas.items()
    ]


def authorization(provider: Json) -> Json:
    """Answer the parameters of an authorization request to a provider, by its metadata."""
    return {
        "client_id": text(),
        "redirect_uri": text(),
        "response_type": one_listed(provider, "response_types_supported"),
        "scope": {**text(), "example": " ".join(provider.get("scopes_supported", []))},
        "state": text(),
        "nonce": text(),
        "prompt": one_listed(provider, "prompt_values_supported"),
        "max_age": {"type": "integer", "minimum": 0},
        "id_token_hint": text(),
        "code_challenge": text(),
        "code_challenge_method": one_listed(provider, "code_challenge_methods_supported"),
    }


AUTHORIZATION_REQUIRED = ("client_id", "redirect_uri", "response_type", "scope")
#: What Discord brings back with the person.
DISCORDS_ANSWER: Json = {"code": text(), "state": text(), "iss": text(), "error": text()}
LOGOUT: Json = {
    "post_logout_redirect_uri": text(),
    "client_id": text(),
    "id_token_hint": text(),
    "state": text(),
}
ACCOUNT_BUTTON: Json = {"note": text(), "action": text(), "client_id": text()}
CONSENT: Json = {"note": text()}
CONSENT_ANSWER: Json = {**CONSENT, "answer": one_of("allow", "deny")}


#: What a client sends that proves itself by a JWT (RFC 7523, section 2.2).
ASSERTION: Json = {"client_assertion_type": one_of(ASSERTION_TYPE), "client_assertion": text()}


def grant(provider: Json) -> Json:
    """Answer the form of a token request to a provider, by its metadata."""
    return object_of(
        "grant_type",
        grant_type=one_listed(provider, "grant_types_supported"),
        code=text(),
        redirect_uri=text(),
        code_verifier=text(),
        refresh_token=text(),
        device_code=text(),
        scope=text(),
        include_refresh_token=one_of("true", "false"),
        client_id=text(),
        client_secret=text(),
        **ASSERTION,
    )


PRESENTED = object_of(
    "token",
    token=text(),
    # A hint of another kind is passed over (RFC 7009, section 2.1).
    token_type_hint={**text(), "example": "refresh_token"},
    client_id=text(),
    client_secret=text(),
    **ASSERTION,
)
#: Without an ID token where a client got it for itself.
TOKENS = object_of(
    "access_token",
    "token_type",
    "expires_in",
    access_token=text(),
    token_type=one_of("Bearer"),
    expires_in={"type": "integer"},
    id_token=text(),
    refresh_token=text(),
    scope=text(),
)


def claims(provider: Json) -> Json:
    """Answer the schema of the claims of a person that a provider tells, by its metadata."""
    of_scopes = {claim: name for name, scope in BUILT_IN.items() for claim in scope.claims}
    described = {
        claim: {"description": f"With the scope {of_scopes[claim]}."}
        if claim in of_scopes
        else {"description": "By an expression of the operator's."}
        for claim in provider["claims_supported"]
        if claim == "sub" or claim not in RESERVED
    }
    return object_of("sub", **described)


INTROSPECTION = object_of(
    "active",
    active={"type": "boolean"},
    iss=text(),
    sub=text(),
    client_id=text(),
    scope=text(),
    exp={"type": "integer"},
    iat={"type": "integer"},
    jti=text(),
    aud=text(),
    token_type=text(),
)
ERROR = object_of(
    "error",
    "error_description",
    error=text(),
    error_description=text(),
)
