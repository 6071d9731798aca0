"""Asking whether a device may sign in, and telling it the answer."""

from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from snowflake.crypto.sealing import BadNote
from snowflake.errors import LoginElsewhere, LoginSignedOut, StaleAnswer
from snowflake.oidc.clients import find_client
from snowflake.oidc.consent import asked_for
from snowflake.oidc.devices import DeviceNote, login_for, ways_to
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.outcomes import login_ended
from snowflake.oidc.question import page_for
from snowflake.oidc.scopes import learnt
from snowflake.oidc.user_codes import shown
from snowflake.protocol import browser
from snowflake.protocol.browser import LOGIN_LIFETIME
from snowflake.protocol.paths import ACCOUNT, DEVICE
from snowflake.protocol.session_cookie import session_of
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.device_codes import WAITING, Device
from snowflake.web.device.over import over
from snowflake.web.pages import Link, Message, error_page, page

#: What the buttons of the page say.
ALLOW, DENY = "allow", "deny"
#: Characters of what a device says of itself that are shown.
MAX_SHOWN: Final = 120
ALLOWED: Final = Message(
    title="The device may sign in",
    explanation="It does so within a few seconds.",
    advice="You can close this page and go back to the device.",
)
DENIED: Final = Message(
    title="The device may not sign in",
    explanation="It has been told so, and learns nothing of you.",
    advice="You can close this page.",
)


class Waiting(NamedTuple):
    """A device that waits for the answer of somebody who has signed in."""

    note: DeviceNote
    client: Client
    device: Device


async def waiting(sealed: str, request: Request, state: State) -> Waiting | Response:
    """Answer the device whose person is to answer in this browser; or a page, if none waits."""
    try:
        note = state.sealer.open(DeviceNote, sealed, LOGIN_LIFETIME, state.clock())
    except BadNote as error:
        raise StaleAnswer("the page is none of ours, or was loaded too long ago") from error
    if not browser.is_bound(request, note.browser, secure=note.issuer.startswith("https:")):
        raise LoginElsewhere
    client = find_client(note.client_id, state.registry)
    if note.session is not None:
        session = await session_of(request, note.issuer, state)
        if session is None or session.id != note.session:
            raise LoginSignedOut(ways_to(note.user_code, client, state))
    found = await state.store.device_codes.find_for_person(note.issuer, note.user_code)
    if found is not None and found.code == note.code:
        # A double click, or somebody who has thought better of it.
        undo = [Link("Sign it out", state.settings.path + ACCOUNT)]
        links = undo if note.session is not None else []
        return error_page(request, ALLOWED, status=200, links=links)
    if found is None or found.state != WAITING or found.is_late(state.clock()):
        return over(request, state)
    return Waiting(note, client, found)


def asked(waits: Waiting, sealed: str, request: Request, state: State) -> Response:
    """Ask whether the device may sign in."""
    note, client, found = waits
    login = _login(waits, request, state)
    agent = found.asked.agent
    return page(
        "device_asks.html",
        request,
        form=True,
        application=client.name or client.id,
        account=note.account,
        code=shown(note.user_code),
        address=found.asked.address or "unknown",
        agent=agent if len(agent) <= MAX_SHOWN else f"{agent[:MAX_SHOWN]}…",
        learns=learnt(asked_for(login, client), client),
        # For somebody else, who has to come back from Discord in this browser.
        another_account=page_for(login, client, "consent", state.clock(), state),
        action=state.settings.path + DEVICE,
        note=sealed,
    )


async def answered(waits: Waiting, said: str | None, request: Request, state: State) -> Response:
    """Tell the device what the person has answered."""
    note, client, found = waits
    devices = state.store.device_codes
    if said == DENY:
        if not await devices.deny(found):
            return over(request, state)
        login_ended("access_denied", person=note.person)
        return error_page(request, DENIED, status=200)
    if said != ALLOW:
        raise StaleAnswer("the button is none of the page")
    if client.consent == "once":
        asked_of_them = asked_for(_login(waits, request, state), client)
        await state.store.consents.give(note.person, client.id, asked_of_them)
    if not await devices.allow(found, note.code, note.person):
        return over(request, state)
    return error_page(request, ALLOWED, status=200)


def _login(waits: Waiting, request: Request, state: State) -> LoginNote:
    """Answer the login that they would begin anew."""
    note, client, found = waits
    binding = browser.bind(request, secure=note.issuer.startswith("https:"))
    return login_for(found, note.user_code, client, binding, state)
