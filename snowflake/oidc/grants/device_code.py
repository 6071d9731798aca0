"""The grant of a device that a person has allowed elsewhere (RFC 8628, section 3.4)."""

from snowflake.crypto.sealing import BadNote
from snowflake.errors import (
    AccessDenied,
    AuthorizationPending,
    DeviceDenied,
    DeviceExpired,
    InvalidGrant,
    SlowDown,
)
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.grants.lifetimes import is_refreshable
from snowflake.oidc.grants.redeeming import admitted, redeemed
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.tokens import Redeemed
from snowflake.protocol.bounds import MAX_DEVICE_CODE
from snowflake.protocol.parameters import Parameters
from snowflake.state import State
from snowflake.store.codes import CodeSpent
from snowflake.store.device_codes import DENIED, Device


async def device_code(credentials: Credentials, params: Parameters, state: State) -> Redeemed:
    """Redeem a device code, once, as soon as a person has allowed it.

    Only who still waits is held to its pace: a device that asks too often gets its tokens when it
    has been allowed. An outage does not use the code up. One that comes again ends no grant, unlike
    a code from a browser: it has been in no address, and impatient devices ask twice.

    Raises:
        AuthorizationPending, SlowDown: nobody has answered yet.
        DeviceDenied: the person has not allowed it, or may not sign in to this client.
        DeviceExpired: nobody has answered in time.
        InvalidGrant: the code is unknown, another client's or used, or the person has signed out.
        TemporarilyUnavailable: Discord or the store gave no usable answer, or another request is
            redeeming the code.
    """
    # 1. The device, this client's own.
    sent = params.require("device_code", MAX_DEVICE_CODE)
    device = await state.store.device_codes.find(sent)
    if device is None or device.client_id != credentials.client_id:
        raise InvalidGrant("the device code is none of this client")
    refreshable = is_refreshable(credentials, params)

    # 2. What the person has answered.
    note = await _allowed(device, state)

    # 3. Who it is, and whether they may sign in.
    try:
        came = await admitted(note, credentials, state)
    except CodeSpent as spent:
        raise InvalidGrant("the device code has been used") from spent
    except AccessDenied as refusal:
        raise DeviceDenied(refusal.description) from refusal

    # 4. The grant.
    return await redeemed(note, came, credentials, state, refreshable=refreshable)


async def _allowed(device: Device, state: State) -> CodeNote:
    """Answer the code by which the person lets the device sign in."""
    now = state.clock()
    if device.state == DENIED:
        raise DeviceDenied("the person has not allowed it")
    if device.is_late(now):
        raise DeviceExpired("the device code has expired; begin anew")
    if device.code is None:
        if await state.store.device_codes.poll(device):
            raise AuthorizationPending("the person has not answered yet")
        raise SlowDown("the device asks too often; wait five seconds longer from now on")
    try:
        return state.sealer.open(CodeNote, device.code)
    except BadNote as error:
        # The secret key was changed in the minutes between.
        raise InvalidGrant("the person has to sign in again") from error
