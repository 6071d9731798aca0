"""``/discord/events``: Discord says that somebody has removed our application.

Discord signs what it sends (Ed25519) with a key of the application. What has no good signature is
refused, which Discord tries out now and then.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from snowflake.discord.models import Snowflake
from snowflake.errors import InvalidRequest, InvalidToken
from snowflake.protocol.parameters import body
from snowflake.state import State, state_of

#: Seconds by which a request may be old, or ahead of our clock. Older ones are replayed.
MAX_AGE: Final = 300
DEAUTHORIZED: Final = "APPLICATION_DEAUTHORIZED"

_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

_log = structlog.get_logger(__name__)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class _User(_Model):
    id: Snowflake


class _Person(_Model):
    user: _User


class _Event(_Model):
    type: str
    timestamp: AwareDatetime | None = None
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
    _check_signature(request, content, state)
    try:
        message = _Message.model_validate_json(content)
        if message.event is not None and message.event.type == DEAUTHORIZED:
            person = _Person.model_validate(message.event.data).user.id
            happened = message.event.timestamp or datetime.fromtimestamp(state.clock(), UTC)
            await _end(message.application_id, person, int(happened.timestamp()), state)
    except ValidationError:
        raise InvalidRequest("the body is no event of Discord") from None
    return Response(status_code=204)


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
        raise InvalidToken("the request is too old")


async def _end(application: str, person: str, happened: int, state: State) -> None:
    """End the grants and the link that a person had when it happened.

    Discord may tell us late, or twice; what they have begun since is none of it.
    """
    store, ended = state.store, 0
    for grant in await store.grants.of_person(person):
        if grant.application == application and grant.auth_time <= happened:
            await store.grants.end(grant.id)
            ended += 1
    link = await store.links.find(person)
    if link is not None and link.application == application and link.linked_at <= happened:
        await store.links.end(person)
    # Discord has ended them already.
    tokens = await store.discord_tokens.find(application, person)
    needed = await store.grants.count(application, person) or await store.links.needs_tokens(
        application, person
    )
    if tokens is not None and not needed:
        await store.discord_tokens.forget(tokens)
    _log.info("application_removed", grants=ended, linked=link is not None)
