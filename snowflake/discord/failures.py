"""What Discord's answers mean: a value of ``models.py``, or one of our errors."""

from contextlib import suppress
from typing import Final, TypeVar

import httpx
import structlog
from pydantic import BaseModel, TypeAdapter

from snowflake.discord.buckets import refusal_of
from snowflake.discord.calls import is_limited
from snowflake.discord.rate_limits import limited
from snowflake.discord.reading import ListReader, Reader
from snowflake.errors import (
    CodeUnreadable,
    InvalidClient,
    InvalidGrant,
    TemporarilyUnavailable,
)
from snowflake.outbound.answer import Answer

#: Discord's code for a guild that is not there, or that the person is not in.
UNKNOWN_GUILD: Final = 10004
#: Its code for a form that it cannot read.
INVALID_FORM: Final = 50035

Value = TypeVar("Value")
Item = TypeVar("Item")

_log = structlog.get_logger(__name__)


class _OAuthFailure(BaseModel):
    error: str = ""


class _ApiFailure(BaseModel):
    code: int = 0


_oauth_failure = Reader("token error", TypeAdapter(_OAuthFailure))
_api_failure = Reader("error", TypeAdapter(_ApiFailure))


def read(response: Answer, reader: Reader[Value]) -> Value:
    """Read a good answer.

    Raises:
        TemporarilyUnavailable: it is none.
    """
    if response.status_code == httpx.codes.OK:
        with suppress(ValueError):
            return reader.read(response.content)
    raise unusable(response)


def read_known(response: Answer, reader: ListReader[Item]) -> tuple[list[Item], int]:
    """Read what can be told apart of a good list, and answer how many items there are besides.

    Raises:
        TemporarilyUnavailable: it is no good list.
    """
    if response.status_code == httpx.codes.OK:
        with suppress(ValueError):
            return reader.read_known(response.content)
    raise unusable(response)


def token_error(response: Answer, *, of_code: bool = False) -> Exception:
    """Turn the error that Discord's token endpoint names into ours (RFC 6749, section 5.2).

    A request that it cannot read is an outage, but for one ``of_code``: there the code is the only
    thing that we have from others, and it will not be read better the next time.
    """
    try:
        error = _oauth_failure.read(response.content).error
    except ValueError:
        return unusable(response)
    if error == "invalid_client" or response.status_code == httpx.codes.UNAUTHORIZED:
        return InvalidClient("Discord does not accept this client ID and client secret")
    if error == "invalid_grant":
        return InvalidGrant("Discord does not accept the grant; it may be expired, used or revoked")
    if of_code and (error == "invalid_request" or code_of(response) == INVALID_FORM):
        return CodeUnreadable("Discord does not accept the code; it may be damaged")
    return unusable(response)


def is_unknown_guild(response: Answer) -> bool:
    """Whether Discord says that the person is in no such guild."""
    return response.status_code == httpx.codes.NOT_FOUND and code_of(response) == UNKNOWN_GUILD


def code_of(response: Answer) -> int:
    """Answer Discord's own code for what went wrong; 0 if it gives none."""
    try:
        return _api_failure.read(response.content).code
    except ValueError:
        return 0


def unusable(response: Answer) -> TemporarilyUnavailable:
    """An outage, a limit, a ban, or an answer that makes no sense.

    All but an outage (5xx) say that Discord ``answered``.
    """
    _log.warning(
        "discord_unusable_answer",
        path=response.request.url.path,
        status=response.status_code,
        content_type=response.headers.get("content-type"),
    )
    if is_limited(response):
        return limited(refusal_of(response).wait, answered=True)
    return TemporarilyUnavailable(
        "Discord gave no usable answer; try again", answered=not response.is_server_error
    )
