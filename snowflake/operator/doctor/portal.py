"""What has to stand in the Developer Portal."""

from collections.abc import AsyncIterator

import httpx
from pydantic import BaseModel, ValidationError

from snowflake.configuration import FOR_AUTHENTIK, OBJECTS
from snowflake.linked_roles.paths import DISCORD, START, UPSTREAM
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.outbound.failures import NoAnswer
from snowflake.protocol.paths import CALLBACK, FORWARDING
from snowflake.settings import Settings
from snowflake.uris.differences import nearest

SUBJECT = "redirects"
WHERE = "in the Developer Portal under OAuth2, Redirects"


class Entry(BaseModel):
    """An application as the portal has it (``GET /applications/@me``, asked by its bot)."""

    id: str
    name: str
    redirect_uris: list[str] | None = None

    def is_own(self, settings: Settings) -> bool:
        """Whether it is Snowflake's own application, as far as the configuration names one."""
        return settings.discord_client_id in {None, self.id}


class NoEntry(Exception):
    """Discord does not show it. The text says why."""


class TokenRefused(NoEntry):
    """Discord does not accept the token."""


async def entry(connections: Connections) -> Entry:
    """Ask for the application whose bot token is configured.

    Raises:
        NoEntry: there is no token, or Discord does not answer to it.
        TokenRefused: it is not accepted.
    """
    if connections.settings.discord_bot_token is None:
        raise NoEntry("there is no bot token")
    try:
        answer = await connections.ask_bot("/applications/@me")
    except NoAnswer:
        raise NoEntry("Discord could not be asked") from None
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise TokenRefused("Discord does not accept the token")
    try:
        return Entry.model_validate_json(answer.content)
    except ValidationError:
        status = answer.status_code
        raise NoEntry(f"Discord gave no usable answer (status {status})") from None


async def portal(connections: Connections) -> AsyncIterator[Finding]:
    """Tell which redirects to enter, and look them up where a bot may."""
    settings = connections.settings
    name = settings.issuer or "ISSUER"
    if settings.allowed_clients:
        text = f"a Discord application has {name}{FORWARDING}REDIRECT_URI {WHERE}, to the letter"
        yield Finding(Status.NOTE, SUBJECT, text)
    entered = await _entered(connections)
    if settings.groups.shape == "object" and any(FOR_AUTHENTIK in uri for uri in entered or ()):
        yield Finding(Status.WARNING, SUBJECT, OBJECTS)
    own = [CALLBACK] if settings.clients else []
    if settings.linked_roles is not None:
        own.append(DISCORD)
        text = (
            f"the upstream provider has {name}{UPSTREAM}, and the Developer Portal {name}{START} "
            "under General Information, Linked Roles Verification URL"
        )
        yield Finding(Status.NOTE, SUBJECT, text)
    for path in own:
        yield _own(f"{name}{path}", entered)


async def _entered(connections: Connections) -> list[str] | None:
    """Answer the redirects of Snowflake's own application; None if they cannot be looked up."""
    settings = connections.settings
    if settings.issuer is None:
        return None
    try:
        application = await entry(connections)
    except NoEntry:
        return None
    # A bot may be of another application, whose redirects say nothing of ours.
    return application.redirect_uris if application.is_own(settings) else None


def _own(redirect: str, entered: list[str] | None) -> Finding:
    if entered is None:
        return Finding(Status.NOTE, SUBJECT, f"Snowflake's own application has {redirect} {WHERE}")
    if redirect in entered:
        return Finding(Status.OK, SUBJECT, f"{redirect} stands {WHERE}")
    text, cure = f"{redirect} is missing {WHERE}", "Enter it there, to the letter."
    if (found := nearest(redirect, entered)) is not None:
        text += f"; the nearest there is {found.uri}, where Snowflake's has {found.differs}"
    return Finding(Status.FAULT, SUBJECT, text, cure)
