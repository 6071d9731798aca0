"""``/discord/events``: Discord says that somebody has removed our application.

Discord signs what it sends (Ed25519) with a key of the application. What has no good signature is
refused, which Discord tries out now and then.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from snowflake.discord.models import Snowflake
from snowflake.errors import InvalidRequest, InvalidToken
from snowflake.linked_roles.disconnecting import revoke_upstream
from snowflake.protocol.parameters import body
from snowflake.state import State, state_of
from snowflake.store.links import ENDED, Link

#: Seconds by which a request may be old, or ahead of our clock. Older ones are replayed.
MAX_AGE: Final = 300
DEAUTHORIZED: Final = "APPLICATION_DEAUTHORIZED"
#: Seconds for which Discord's access tokens work, so that their end tells when they were issued.
TOKEN_LIFETIME: Final = 604_800

_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

_log = structlog.get_logger(__name__)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class _User(_Model):
    id: Snowflake


class _Person(_Model):
    user: _User


def _with_zone(time: datetime) -> datetime:
    # In Discord's documentation some have none.
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


class _Event(_Model):
    type: str
    timestamp: Annotated[datetime, AfterValidator(_with_zone)] | None = None
    data: Any = None  # Of another shape for each type.


class _Message(_Model):
    """A ping has no event."""

    application_id: Snowflake
    event: _Event | None = None


async def events(request: Request) -> Response:
    """End what a person has here who has removed our application at Discord.

    Raises:
        InvalidToken: the request is not Discord's, or too old.
        InvalidRequest: it is not what Discord sends.
    """
    state, content = state_of(request), await body(request)
    ended: Link | None = None
    _check_signature(request, content, state)
    try:
        message = _Message.model_validate_json(content)
        if message.event is not None and message.event.type == DEAUTHORIZED:
            person = _Person.model_validate(message.event.data).user.id
            happened = message.event.timestamp or datetime.fromtimestamp(state.clock(), UTC)
            ended = await _end(message.application_id, person, int(happened.timestamp()), state)
    except ValidationError:
        raise InvalidRequest("the body is no event of Discord") from None
    # Discord waits three seconds, and the upstream provider may take longer.
    later = None if ended is None else BackgroundTask(_revoke_upstream, ended, state)
    # It wants a type even of what is empty.
    return Response(status_code=204, media_type="application/json", background=later)


def _check_signature(request: Request, content: bytes, state: State) -> None:
    signature = request.headers.get("x-signature-ed25519", "")
    timestamp = request.headers.get("x-signature-timestamp", "")
    key = state.settings.discord_public_key
    if key is None or not _SIGNATURE.fullmatch(signature) or not _TIMESTAMP.fullmatch(timestamp):
        raise InvalidToken("the request is not signed by Discord")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(signature), timestamp.encode() + content
        )
    except (InvalidSignature, ValueError):
        raise InvalidToken("the request is not signed by Discord") from None
    if abs(state.clock() - int(timestamp)) > MAX_AGE:
        raise InvalidToken("the request is too old, or from the future")


async def _end(application: str, person: str, happened: int, state: State) -> Link | None:
    """End the grants and the link that a person had when it happened; answer that link.

    Discord may tell us late, or twice; what they have begun since is none of it.
    """
    store, ended = state.store, 0
    for grant in await store.grants.of_person(person):
        if grant.application == application and grant.auth_time <= happened:
            await store.grants.end(grant.id)
            ended += 1
    link = await store.links.find(person)
    if link is not None and (link.application != application or link.linked_at > happened):
        link = None
    if link is not None:
        # Discord keeps nothing of what it was told.
        await store.links.end(replace(link, values={}, username=""))
    # Discord has ended them already, but not those that were issued since.
    tokens = await store.discord_tokens.find(application, person)
    needed = await store.grants.count(application, person) or await store.links.needs_tokens(
        application, person
    )
    is_old = tokens is not None and tokens.expires_at - TOKEN_LIFETIME <= happened
    if tokens is not None and is_old and not needed:
        await store.discord_tokens.forget(tokens)
    _log.info("application_removed", grants=ended, linked=link is not None)
    return link if link is not None and link.state != ENDED else None


async def _revoke_upstream(link: Link, state: State) -> None:
    # An event may outlive the table [linked_roles], and then there is nobody to ask.
    if state.upstream is not None:
        await revoke_upstream(link, state)
