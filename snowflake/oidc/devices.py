"""A person who lets a device sign in: from its user code to the answer (RFC 8628, section 3.3).

They sign in as to any application, but come back to our own page, which asks them. What they go on
with, an authorization code, stays here: once they have allowed it, the device redeems it.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request

from snowflake.crypto.sealing import Note
from snowflake.errors import TooManyRequests, Ways
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.user_codes import USER_CODE, shown
from snowflake.protocol import pkce
from snowflake.protocol.browser import fingerprint
from snowflake.protocol.caller import caller_of
from snowflake.protocol.failed_codes import Somebody, trying
from snowflake.protocol.known_browser import known_browser
from snowflake.protocol.paths import CALLBACK, DEVICE
from snowflake.settings.client import Client
from snowflake.state import State, state_of
from snowflake.state.quota import USER_CODES
from snowflake.store.device_codes import Device
from snowflake.uris import with_parameters

#: The parameter of our page, and its field, that holds the note of somebody who is to answer.
NOTE: Final = "note"


class UnknownUserCode(Exception):
    """No device shows it, or none did lately."""


class SignInFirst(Exception):
    """Too many codes were tried in vain by strangers, and nobody knows this browser yet."""


@dataclass(frozen=True)
class DeviceNote(Note):
    """Somebody who has signed in to let a device do so, and is to say whether it may.

    ``code`` is the sealed code of their login, ``browser`` the fingerprint of the browser's cookie,
    and ``session`` the ID of their session, if they have one.
    """

    purpose: ClassVar[str] = "device note 1"

    user_code: str
    client_id: str
    issuer: str
    code: str
    person: str
    account: str
    browser: str
    session: str | None


async def find_device(user_code: str, binding: str, request: Request, issuer: str) -> Device:
    """Find the device that shows a user code.

    ``binding`` is what only this browser knows. Codes that no device shows count: for the browser,
    for its address, and for all; or, where strangers have spent that, for the person who has signed
    in here before. Whoever guesses may so keep nobody from their television.

    Raises:
        UnknownUserCode: none does.
        SignInFirst: strangers have tried too many in vain, and nobody has signed in here yet.
        TooManyRequests: in this browser, or by this person, too many were tried in vain.
        TemporarilyUnavailable: the store cannot be reached.
    """
    state, secure = state_of(request), issuer.startswith("https:")
    known = known_browser(request, state.sealer, state.clock(), secure=secure)
    login, caller = fingerprint(binding), caller_of(request)
    somebody = Somebody.of(USER_CODES, login, caller, known, state.limiter)
    try:
        async with trying(UnknownUserCode, somebody, state):
            device = await state.store.device_codes.find_for_person(issuer, user_code)
            if device is None:
                raise UnknownUserCode
    except TooManyRequests:
        if await known.who(state.store.grants, state.sealer) is not None:
            raise
        # To sign in gives a browser no further guesses.
        state.limiter.check(state.limiter.of(USER_CODES, login=login))
        raise SignInFirst from None
    return device


def login_for(
    device: Device, user_code: str, client: Client, binding: str, state: State
) -> LoginNote:
    """Answer the login of whoever wants to let a device sign in, in the browser of a cookie."""
    issuer = device.asked.issuer
    return LoginNote(
        client_id=client.id,
        issuer=issuer,
        redirect_uri=issuer + DEVICE,
        discord_redirect_uri=issuer + CALLBACK,
        scope=device.asked.scope,
        # With which whoever does not come back signed in can begin anew.
        state=user_code,
        nonce=None,
        code_challenge=None,
        verifier=pkce.new_verifier(),
        browser=fingerprint(binding),
        referrer=None,
        silent=False,
        begun=int(state.clock()),
        hinted=(),
        own_issuer=client.has_own_issuer,
        device=user_code,
    )


async def deny(issuer: str, user_code: str, state: State) -> None:
    """Tell a device, if it still waits, that nobody signs in."""
    device = await state.store.device_codes.find_for_person(issuer, user_code)
    if device is not None:
        await state.store.device_codes.deny(device)


def page_of(user_code: str | None, state: State) -> str:
    """Answer the address of our page, with a user code in its field."""
    code = {USER_CODE: shown(user_code)} if user_code is not None else {}
    return with_parameters(state.settings.path + DEVICE, code)


def ways_to(user_code: str, client: Client, state: State) -> Ways:
    """Answer the way on from a login that cannot go on: to our page, where it begins anew."""
    return Ways(application=client.name or client.id, again=page_of(user_code, state))
