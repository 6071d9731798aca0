"""The paths of linked roles, as far as they are configured."""

from snowflake.errors import (
    InvalidToken,
    LinkLimited,
    LinkMisconfigured,
    LinkUnavailable,
    LinkUnknown,
    NotLinked,
    RequestTimeout,
    TooLarge,
)
from snowflake.linked_roles import paths
from snowflake.settings import Settings
from snowflake.web.openapi import schemas
from snowflake.web.openapi.answers import (
    BODY,
    DISCORD,
    STORE,
    empty,
    errors,
    page,
    pages,
    redirect,
)
from snowflake.web.openapi.schemas import Json, body, object_of, parameters, text

#: What a first step can end with, and one that has asked somebody.
_STARTING = (LinkUnknown, LinkUnavailable)
_UNDER_WAY = (*_STARTING, LinkMisconfigured, LinkLimited, TooLarge)


def linked_roles(settings: Settings) -> Json:
    """Describe the paths of ``[linked_roles]``, and of what Discord and the provider tell."""
    table, listed = settings.linked_roles, Json()
    if table is not None:
        listed |= _steps()
    if table is not None and table.hook_secret is not None:
        listed[paths.HOOK] = {
            "post": {
                "summary": "The upstream provider says that somebody has changed",
                "security": [{"hook_secret": []}],
                "requestBody": body(schemas.JSON, object_of("sub", sub=text())),
                "responses": {
                    "202": empty("Whoever it is will be asked about soon, if they are linked"),
                    **errors(*BODY, *DISCORD, InvalidToken),
                },
            }
        }
    if settings.discord_public_key is not None:
        listed[paths.EVENTS] = {
            "post": {
                "summary": "Discord says that somebody has removed the application",
                "requestBody": body(
                    schemas.JSON, object_of(application_id=text(), event=object_of())
                ),
                "responses": {
                    "204": empty("Heeded, or of no interest"),
                    **errors(*BODY, *STORE, InvalidToken),
                },
            }
        }
    return listed


def _steps() -> Json:
    brought = parameters("query", schemas.DISCORDS_ANSWER)
    to_discord = redirect("On to Discord")
    return {
        paths.START: {
            "get": {
                "summary": "Begins to link a person",
                "responses": {"302": to_discord, **pages(*_STARTING)},
            }
        },
        paths.DISCORD: {
            "get": {
                "summary": "Where Discord sends people back to who link or unlink",
                "parameters": brought,
                "responses": {
                    "302": redirect("On to the upstream provider"),
                    "200": page("A page that asks whether to unlink"),
                    **pages(*_UNDER_WAY, NotLinked),
                },
            }
        },
        paths.UPSTREAM: {
            "get": {
                "summary": "Where the upstream provider sends people back to",
                "parameters": brought,
                "responses": {
                    "200": page("What Discord knows of the person now"),
                    **pages(*_UNDER_WAY),
                },
            }
        },
        paths.UNLINK: {
            "get": {
                "summary": "Begins to unlink a person",
                "responses": {"302": to_discord, **pages(*_STARTING)},
            },
            "post": {
                "summary": "Unlinks a person who has confirmed it on our page",
                "requestBody": body(schemas.FORM, object_of("note", note=text())),
                "responses": {
                    "200": page("The person is unlinked"),
                    **pages(*_UNDER_WAY, RequestTimeout, NotLinked),
                },
            },
        },
    }
