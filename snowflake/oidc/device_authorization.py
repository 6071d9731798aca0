"""The device authorization endpoint (RFC 8628, section 3.1)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.errors import InvalidScope, UnlistedGrantType
from snowflake.oidc import scopes
from snowflake.oidc.authentication import authenticated
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.user_codes import USER_CODE, new_user_code, shown
from snowflake.protocol.bounds import MAX_SCOPE, MAX_USER_AGENT
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.parameters import Parameters, form
from snowflake.protocol.paths import DEVICE
from snowflake.settings.client import Client
from snowflake.settings.tables.clients.responses import DEVICE_CODE
from snowflake.state import State, state_of
from snowflake.state.quota import DEVICES, network_of
from snowflake.store.device_codes import LIFETIME, PACE, NewDevice
from snowflake.uris import with_parameters


async def device_authorization(request: Request) -> Response:
    """Let a device wait for a person, who goes to our page with its code.

    Raises:
        UnlistedGrantType: the client is none of devices.
        InvalidScope: there are scopes, but no ``openid``.
        TooManyRequests: too many of public clients have begun at this address.
    """
    state, params = state_of(request), await form(request)

    # 1. The client.
    credentials = await authenticated(request, params, state)
    client = credentials.client
    if not client.may_bring(DEVICE_CODE):
        raise UnlistedGrantType(f"{DEVICE_CODE} is none of this client's grant_types")

    # 2. What it asks for.
    scope = _scope(params, client)

    # 3. Its codes.
    await _check_room(credentials, state)
    issuer, agent = issuer_of(request), request.headers.get("user-agent", "")
    readable = "".join(character for character in agent if character.isprintable())
    device_code, user_code = None, ""
    while device_code is None:
        # Again, where another device has the same.
        user_code = new_user_code()
        caller, said = credentials.caller, readable[:MAX_USER_AGENT]
        new = NewDevice(client.id, issuer, user_code, scope, caller, said)
        device_code = await state.store.device_codes.add(new)
    page = issuer + DEVICE
    return JSONResponse(
        {
            "device_code": device_code,
            "user_code": shown(user_code),
            "verification_uri": page,
            "verification_uri_complete": with_parameters(page, {USER_CODE: shown(user_code)}),
            "expires_in": LIFETIME,
            "interval": PACE,
        }
    )


def _scope(params: Parameters, client: Client) -> str:
    """Answer the scopes that we know. Without any it is about who it is, and no more."""
    sent = params.at_most("scope", MAX_SCOPE)
    if sent is None:
        return "openid"
    asked = scopes.known(sent, client)
    if "openid" not in asked:
        raise InvalidScope("scope must contain openid")
    return " ".join(asked)


async def _check_room(credentials: Credentials, state: State) -> None:
    """Pass, unless somebody who need not prove anything fills the store with devices."""
    if credentials.is_public:
        limiter, caller = state.limiter, network_of(credentials.caller)
        await limiter.take(limiter.of(DEVICES, caller=caller))
