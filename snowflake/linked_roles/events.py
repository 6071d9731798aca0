"""``/discord/events``: Discord says that somebody has removed our application.

Discord signs what it sends (Ed25519) with a key of the application. What has no good signature is
refused, which Discord tries out now and then.
"""

import json
import re
from dataclasses import replace
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from snowflake.discord.models import Moment, Snowflake
from snowflake.discord.reading import Reader
from snowflake.errors import InvalidRequest, InvalidToken
from snowflake.linked_roles.bounds import MAX_EVENT_AGE
from snowflake.linked_roles.disconnecting import revoke_upstream
from snowflake.protocol.parameters import body
from snowflake.settings import Settings
from snowflake.state import State, state_of
from snowflake.store.link import ENDED, Link
from snowflake.store.session_ends import Which
from snowflake.telemetry.audit import audit

DEAUTHORIZED: Final = "APPLICATION_DEAUTHORIZED"
#: Seconds for which Discord's access tokens work, so that their end tells when they were issued.
TOKEN_LIFETIME: Final = 604_800

_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)


class _User(_Model):
    id: Snowflake


class _Person(_Model):
    user: _User


class _Event(_Model):
    type: str
    timestamp: Moment | None = None
    data: Any = None  # Of another shape for each type.


class _Message(_Model):
    """A ping has no event."""

    application_id: Snowflake
    event: Any = None  # An event, whose odd fields are its own.


_message = Reader("message", TypeAdapter(_Message))
_event = Reader("event", TypeAdapter(_Event))
_person = Reader("event data", TypeAdapter(_Person))


async def events(request: Request) -> Response:
    """End what a person has here who has removed our application at Discord.

    Raises:
        InvalidToken: the request is not Discord's, or too old.
        InvalidRequest: it is not what Discord sends.
    """
    state, content = state_of(request), await body(request)
    _check_signature(request, content, state.settings, state.clock())
    try:
        removal = _removal(content, state.clock())
    except ValueError:
        raise InvalidRequest("the body is no event of Discord") from None
    ended = await _end(*removal, state) if removal is not None else None
    # Discord waits three seconds, and the upstream provider may take longer.
    later = None if ended is None else BackgroundTask(_revoke_upstream, ended, state)
    # It wants a type even of what is empty.
    return Response(status_code=204, media_type="application/json", background=later)


def _removal(content: bytes, now: float) -> tuple[str, str, int] | None:
    """Answer which application was removed by whom, both by ID, and when; None if none was.

    Raises:
        ValueError: it does not say so.
    """
    message = _message.read(content)
    event = _event.read(_json(message.event)) if message.event is not None else None
    if event is None or event.type != DEAUTHORIZED:
        return None
    person = _person.read(_json(event.data)).user.id
    happened = event.timestamp.timestamp() if event.timestamp is not None else now
    return message.application_id, person, int(happened)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _check_signature(request: Request, content: bytes, settings: Settings, now: float) -> None:
    signature = request.headers.get("x-signature-ed25519", "")
    timestamp = request.headers.get("x-signature-timestamp", "")
    key = settings.discord_public_key
    if key is None or not _SIGNATURE.fullmatch(signature) or not _TIMESTAMP.fullmatch(timestamp):
        raise InvalidToken("the request is not signed by Discord")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(signature), timestamp.encode() + content
        )
    except (InvalidSignature, ValueError):
        raise InvalidToken("the request is not signed by Discord") from None
    if abs(now - int(timestamp)) > MAX_EVENT_AGE:
        raise InvalidToken("the request is too old, or from the future")


async def _end(application: str, person: str, happened: int, state: State) -> Link | None:
    """End the grants and the link that a person had when it happened; answer that link.

    Discord may tell us late, or twice; what they have begun since is none of it.
    """
    store = state.store
    ended = [
        grant
        for grant in await store.grants.of_person(person)
        if grant.application == application and grant.auth_time <= happened
    ]
    gone = Which(person=person, application=application, authenticated_by=happened)
    await state.logout.end(gone, offline=True)
    link = await store.links.find(person)
    if link is not None and (link.application != application or link.linked_at > happened):
        link = None
    if link is not None:
        # Discord keeps nothing of what it was told.
        await store.links.end(replace(link, values={}, username=""))
    # Discord has ended them already, but not those that were issued since.
    needed = await store.grants.count(application, person) or await store.links.needs_tokens(
        application, person
    )
    for pair in await store.discord_tokens.of(application, person):
        if not needed and pair.expires_at - TOKEN_LIFETIME <= happened:
            await store.discord_tokens.forget(pair)
    linked = link is not None
    audit(
        "deauthorization",
        "ended",
        client=application,
        person=person,
        logins=len(ended),
        linked=linked,
    )
    return link if link is not None and link.state != ENDED else None


async def _revoke_upstream(link: Link, state: State) -> None:
    # An event may outlive the table [linked_roles], and then there is nobody to ask.
    if state.upstream is not None:
        await revoke_upstream(link, state)
