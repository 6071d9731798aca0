"""The paths of devices without a browser, and of the people who let them sign in (RFC 8628)."""

from snowflake.errors import LoginDenied, LoginError, NotFound
from snowflake.protocol import paths
from snowflake.web.openapi.answers import (
    BODY,
    CLIENT,
    DISCORD,
    QUERY,
    STORE,
    errors,
    json,
    page,
    pages,
    redirect,
)
from snowflake.web.openapi.schemas import (
    ASSERTION,
    CONSENT_ANSWER,
    FORM,
    Json,
    body,
    object_of,
    parameters,
    text,
)

_REQUEST = object_of(scope=text(), client_id=text(), client_secret=text(), **ASSERTION)
_CODES = object_of(
    "device_code",
    "user_code",
    "verification_uri",
    "expires_in",
    "interval",
    device_code=text(),
    user_code={**text(), "example": "BCDF-GHJK"},
    verification_uri=text(),
    verification_uri_complete=text(),
    expires_in={"type": "integer"},
    interval={"type": "integer"},
)
#: A code that somebody enters, or their answer.
_ENTERED: Json = {"user_code": text(), **CONSENT_ANSWER}


def devices() -> Json:
    """Describe them."""
    return {
        paths.DEVICE_AUTHORIZATION: {
            "post": {
                "summary": "Device authorization endpoint",
                "security": [{"client": []}, {}],
                "requestBody": body(FORM, _REQUEST),
                "responses": {"200": json("Codes", _CODES), **errors(*CLIENT)},
            }
        },
        paths.DEVICE: {
            "get": {
                "summary": "Page where people let a device sign in",
                "parameters": parameters("query", {"user_code": text(), "note": text()}),
                "responses": {
                    "200": page("It"),
                    **pages(*QUERY, *STORE, LoginError, NotFound),
                },
            },
            "post": {
                "summary": "What somebody has entered or answered there",
                "requestBody": body(FORM, object_of(**_ENTERED)),
                "responses": {
                    "200": page("What came of it"),
                    "302": redirect("On to Discord, or to the question"),
                    **pages(*BODY, *DISCORD, LoginError, LoginDenied, NotFound),
                },
            },
        },
    }
