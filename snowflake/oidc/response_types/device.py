"""To our own page, for somebody who has come to let a device sign in (RFC 8628, section 3.3)."""

from starlette.responses import Response

from snowflake.oidc.devices import NOTE, DeviceNote
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.response_types.front import Arrived
from snowflake.protocol.paths import DEVICE
from snowflake.protocol.redirect import redirect
from snowflake.state import State
from snowflake.uris import with_parameters


def to_our_page(note: LoginNote, user_code: str, arrived: Arrived, state: State) -> Response:
    """Send somebody to the page that asks whether the device may sign in."""
    now, user = state.clock(), arrived.person.user
    waiting = DeviceNote(
        user_code=user_code,
        client_id=note.client_id,
        issuer=note.issuer,
        code=state.sealer.seal(arrived.code, now),
        person=user.id,
        account=user.account,
        browser=note.browser,
        session=arrived.code.session,
    )
    sealed = state.sealer.seal(waiting, now)
    return redirect(with_parameters(state.settings.path + DEVICE, {NOTE: sealed}))
