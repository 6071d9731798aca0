"""Which statuses an operation answers with: its success, and those of the errors it can raise."""

from collections.abc import Iterable, Mapping
from typing import Final

from snowflake.errors import (
    InsufficientScope,
    InvalidClient,
    InvalidRequest,
    InvalidToken,
    LinkLimited,
    LinkMisconfigured,
    LinkUnavailable,
    LinkUnknown,
    LoginDenied,
    LoginError,
    NotFound,
    NotLinked,
    RequestTimeout,
    TemporarilyUnavailable,
    TooLarge,
    TooManyRequests,
)
from snowflake.web.openapi.schemas import JSON, PAGE, Json

#: What any request can be: one for a host that is not served, say.
ASKED: Final = (InvalidRequest,)
#: With parameters in the query, and in a body.
QUERY: Final = (*ASKED, TooLarge)
BODY: Final = (*QUERY, RequestTimeout)
#: Where the store is asked, or Discord.
STORE: Final = (TemporarilyUnavailable,)
DISCORD: Final = (TemporarilyUnavailable, TooManyRequests)
#: Where a client authenticates.
CLIENT: Final = (*BODY, *DISCORD, InvalidClient)
#: Where an access token is sent.
TOKEN: Final = (InvalidToken, InsufficientScope)

_TOLD: Final[Mapping[type[Exception], str]] = {
    InvalidRequest: "The request, or what was granted, is wrong",
    InvalidClient: "The client is wrong",
    InvalidToken: "The token is wrong",
    InsufficientScope: "The token is a client's own, and about no person",
    NotFound: "There is nothing by that name",
    RequestTimeout: "The body did not arrive in time",
    TooLarge: "More was sent than is read",
    TooManyRequests: "Too much was tried in vain",
    TemporarilyUnavailable: "Discord or the store can't be asked right now",
    LoginError: "The login can't go on",
    LoginDenied: "The person may not sign in",
    LinkUnknown: "It can't go on, and a way to start again",
    LinkMisconfigured: "Snowflake and Discord or the upstream provider do not fit each other",
    LinkUnavailable: "Discord, the upstream provider or the store can't be asked right now",
    LinkLimited: "Too much was tried in vain",
    NotLinked: "There is nothing to unlink",
}


def errors(*kinds: type[Exception]) -> Json:
    """Answer the responses of these errors to an application (RFC 6749, section 5.2)."""
    content = {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        status: {"description": description, "content": content}
        for status, description in _statuses(kinds)
    }


def pages(*kinds: type[Exception]) -> Json:
    """Answer the responses of these errors to a person."""
    return {status: page(f"A page: {told}") for status, told in _statuses(kinds)}


def page(description: str) -> Json:
    """Answer the description of a page."""
    return {"description": description, "content": {PAGE: {"schema": {"type": "string"}}}}


def redirect(description: str) -> Json:
    """Answer the description of an answer that leads elsewhere."""
    location = {"required": True, "schema": {"type": "string"}}
    return {"description": description, "headers": {"Location": location}}


def empty(description: str) -> Json:
    """Answer the description of an answer of which the status says it all."""
    return {"description": description}


def json(description: str, schema: Json, media_type: str = JSON) -> Json:
    """Answer the description of an answer in JSON."""
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _statuses(kinds: Iterable[type[Exception]]) -> Iterable[tuple[str, str]]:
    """Answer each status once, with all that it may mean."""
    told: dict[str, list[str]] = {}
    for kind in kinds:
        told.setdefault(str(kind.status), []).append(_TOLD[kind])  # type: ignore[attr-defined]
    return [(status, "; or: ".join(meanings)) for status, meanings in told.items()]
