"""``/linked-roles/hook``: the upstream provider says that somebody has changed there."""

import hmac
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from snowflake.errors import InvalidRequest, InvalidToken, MissingToken
from snowflake.linked_roles.own import table_of
from snowflake.protocol.caller import caller_of
from snowflake.protocol.parameters import body
from snowflake.settings import Settings
from snowflake.state import state_of
from snowflake.state.limiter import Limiter
from snowflake.state.quota import HOOK, network_of


class Changed(BaseModel):
    """Who has changed: the ``sub`` of an upstream account. What else is sent is passed over."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    # OpenID Connect Core 1.0, section 2: at most 255 characters. No database holds controls.
    sub: str = Field(pattern=r"^[^\x00-\x1f\x7f]{1,255}$")


async def hook(request: Request) -> Response:
    """Let the links of an account be synced soon. Somebody unknown gets the same answer.

    Nothing is asked within the request, so that one that is sent again does no harm.

    Raises:
        InvalidToken: the secret is not the one of ``hook_secret``.
        TooManyRequests: it was not too often.
        InvalidRequest: the body names nobody.
    """
    state = state_of(request)
    await _check_secret(request, state.settings, state.limiter)
    try:
        changed = Changed.model_validate_json(await body(request))
    except ValidationError:
        raise InvalidRequest("the body must be JSON with the sub of an account") from None
    await state.store.links.hasten(changed.sub)
    return Response(status_code=202)


async def _check_secret(request: Request, settings: Settings, limiter: Limiter) -> None:
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not sent.strip():
        raise MissingToken("send the secret of the hook in the Authorization header")
    secret = table_of(settings).hook_secret
    if secret is None:
        raise InvalidToken("there is no hook")
    caller = network_of(caller_of(request))
    # Guesses of others do not keep an address waiting that has shown the right one before.
    owners = {"caller": caller} if limiter.has_proven(HOOK, caller) else {"everybody": ""}
    async with limiter.trying(limiter.of(HOOK, **owners), InvalidToken):
        # Hashes, so that not even the length shows in the time that it takes.
        hashes = [
            sha256(value.encode("utf-8", "replace")).digest()
            for value in (sent.strip(), secret.get_secret_value())
        ]
        if not hmac.compare_digest(*hashes):
            raise InvalidToken("the secret of the hook is wrong")
    limiter.prove(HOOK, caller)
