"""Entering the code that a device shows, and signing in."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from snowflake.oidc.account import sign_in
from snowflake.oidc.clients import find_client
from snowflake.oidc.devices import SignInFirst, UnknownUserCode, find_device, login_for
from snowflake.oidc.hints import Hints
from snowflake.oidc.question import page_for
from snowflake.oidc.single_sign_on import Entry, by_session
from snowflake.oidc.user_codes import USER_CODE, shown
from snowflake.protocol import browser
from snowflake.protocol.caller import caller_of
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.paths import DEVICE
from snowflake.protocol.redirect import redirect
from snowflake.protocol.session_cookie import session_of
from snowflake.state import State
from snowflake.store.device_codes import WAITING
from snowflake.uris import with_parameters
from snowflake.web.device.over import over
from snowflake.web.pages import page

NO_CODE: Final = "That is no code. It has eight letters, such as BCDF-GHJK, and no digits."
#: The parameter of our page with which somebody comes back who had to sign in first, and what they
#: are told.
SIGNED_IN: Final = "signed_in"
ONCE_MORE: Final = "You are signed in. Now go on with your code."
UNKNOWN: Final = (
    "No device shows this code, or not any more. Look at it again; if it is right, begin anew on "
    "the device, which then shows another one."
)


def field(
    request: Request,
    code: str | None,
    state: State,
    fault: str | None = None,
    *,
    again: bool = False,
) -> Response:
    """Show the field for the code, with what is wrong with the last one.

    ``again`` is for somebody who comes back with theirs after having had to sign in first.
    """
    return page(
        "device.html",
        request,
        form=True,
        code=shown(code) if code is not None else "",
        fault=fault,
        notice=ONCE_MORE if again else None,
        action=state.settings.path + DEVICE,
    )


async def entered(code: str | None, request: Request, state: State) -> Response:
    """Let somebody sign in who has entered a code: by their session, or at Discord.

    While strangers guess, whoever is new here signs in first, and then enters it once more.
    """
    if code is None:
        return field(request, None, state, NO_CODE)
    issuer = issuer_of(request)
    secure = issuer.startswith("https:")
    binding = browser.bind(request, secure=secure)
    try:
        found = await find_device(code, binding, request, issuer)
    except SignInFirst:
        back = {USER_CODE: shown(code), SIGNED_IN: "yes"}
        return sign_in(request, issuer, state, to=with_parameters(DEVICE, back))
    except UnknownUserCode:
        response = field(request, code, state, UNKNOWN)
        browser.set_cookie(response, binding, secure=secure)
        return response
    if found.state != WAITING or found.is_late(state.clock()):
        return over(request, state)
    client = find_client(found.client_id, state.registry)
    login = login_for(found, code, client, binding, state)
    session = await session_of(request, issuer, state)
    entry = Entry(login, client, caller_of(request), Hints(), None, has_page=True)
    answered = await by_session(session, entry, state)
    if answered is None:
        # Nobody could come back from it.
        state.discord.check_is_up()
        answered = redirect(page_for(login, client, "none", state.clock(), state))
    browser.set_cookie(answered, binding, secure=secure)
    return answered
