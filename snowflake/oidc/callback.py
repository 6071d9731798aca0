"""Where Discord sends people back to: ``/r/{redirect_uri}``, and ``/callback``."""

import secrets
from dataclasses import replace
from hashlib import sha256

import structlog
from starlette.requests import Request
from starlette.responses import Response

from snowflake.crypto.sealing import BadNote, ExpiredNote, Sealer
from snowflake.errors import (
    InvalidGrant,
    LoginElsewhere,
    LoginExpired,
    LoginSpent,
    LoginUnknown,
    TemporarilyUnavailable,
)
from snowflake.oidc import redirects
from snowflake.oidc.admission import Admitted, admit
from snowflake.oidc.clients import find_client
from snowflake.oidc.consent import ask, has_to_ask
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.notes import Came, CodeNote, LoginNote
from snowflake.oidc.outcomes import login_ended
from snowflake.oidc.response_types import welcome
from snowflake.oidc.response_types.front import Arrived
from snowflake.oidc.ways import OVER, ways_elsewhere, ways_here
from snowflake.protocol import browser
from snowflake.protocol.bounds import MAX_DISCORD_CODE
from snowflake.protocol.browser import LOGIN_LIFETIME
from snowflake.protocol.caller import caller_of
from snowflake.protocol.discord import check_discord
from snowflake.protocol.failed_codes import check_stranger
from snowflake.protocol.known_browser import known_browser, remember, remember_person
from snowflake.protocol.parameters import Parameters, query
from snowflake.protocol.paths import CALLBACK, FORWARDING
from snowflake.protocol.redirect import redirect
from snowflake.protocol.refusals import OPERATORS
from snowflake.protocol.session_cookie import identifier_of, set_session
from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.settings.registry import ACCOUNT
from snowflake.state import State, state_of
from snowflake.uris.hosts import origin_of

#: Errors of Discord that applications understand as they are (RFC 6749, section 4.1.2.1).
PASSED_ON = {
    "access_denied": "The person did not allow it.",
    "temporarily_unavailable": "Discord is temporarily unavailable.",
}


async def callback(request: Request) -> Response:
    """Take the person back from Discord and send them on to the application.

    The application gets a code of ours, its own ``state`` and our ``iss``; Discord's parameters
    stay here. A browser is sent on only if it began this very login. The note has left us for
    nobody but Discord and this browser, so nobody can send somebody else on to a place that Discord
    has not compared with those of the Developer Portal.

    Whoever comes for a registered client is asked about here, with Snowflake's own application; for
    a Discord application only its own secret can do that, at the token endpoint.
    """
    state, params = state_of(request), query(request)

    # 1. The login note, this browser's own.
    note = _login(request, params, state)
    if isinstance(note, Response):
        return note
    return await _arrived(note, request, params, state)


async def _arrived(note: LoginNote, request: Request, params: Parameters, state: State) -> Response:
    """Send somebody on whose login note is good."""
    registry = state.registry
    is_own = note.client_id == ACCOUNT
    client = registry.account if is_own else find_client(note.client_id, registry)

    # 2. Its redirect URI.
    inner = request.path_params.get("redirect_uri")
    path = CALLBACK if inner is None else FORWARDING + inner
    if not redirects.is_callback_for(path, note.discord_redirect_uri, note.issuer):
        raise LoginUnknown

    # 3. The parameters.
    check_discord(params, state.settings)
    if (error := params.get("error")) is not None:
        return _refused(note, error, state.settings)

    # 4. Not a code too many that Discord has not made, and not while Discord is down.
    secure = note.issuer.startswith("https:")
    known = known_browser(request, state.sealer, state.clock(), secure=secure)
    try:
        await check_stranger(note.verifier, caller_of(request), known, state)
        # The page that says so can be loaded again.
        state.discord.check_is_up()
    except TemporarilyUnavailable as outage:
        return _out(note, outage)

    # 5. The code note.
    discord_code = params.require("code", MAX_DISCORD_CODE)
    came = Came(
        login=_login_id(note, discord_code),
        discord_code=discord_code,
        auth_time=int(state.clock()),
        caller=caller_of(request),
        known=known.person,
        logins=known.logins if known.person is None else (),
    )
    code = CodeNote.of(note, secrets.token_urlsafe(16), came)

    # 6. Who it is, and whether they may.
    admitted: Admitted | None = None
    if client.registered is not None:
        previous = identifier_of(request, note.issuer, state.sealer)
        credentials = Credentials(client, None, caller_of(request))
        try:
            with state.discord.deadline():
                answered = await admit(note, code, credentials, previous, state)
        except TemporarilyUnavailable as outage:
            return _out(note, outage)
        if isinstance(answered, Response):
            return answered
        admitted = answered

    # 7. To the application, which alone learns who it is if it is a Discord application.
    if admitted is None:
        response = note.asker.answer(code=state.sealer.seal(code, state.clock()))
        remember(response, known.after(code.id), state.sealer, state.clock(), secure=secure)
        return response
    response = await _welcomed(admitted, note, code, client, state)
    person = admitted.person.user.id
    remember_person(response, person, state.sealer, state.clock(), secure=secure)
    return response


async def _welcomed(
    admitted: Admitted, note: LoginNote, code: CodeNote, client: Client, state: State
) -> Response:
    """Send somebody on who is let in, by way of our page if it has to ask for their consent."""
    begun, now = admitted.session, state.clock()
    if client.id == ACCOUNT and begun is None:
        # Sessions are not kept, but this browser is known from now on.
        return redirect(note.redirect_uri)
    if begun is None:
        code = replace(code, subject=admitted.subject)
        return await _sent_on(note, Arrived(code, client, admitted.person, admitted.discord), state)
    session = begun.session
    code = replace(
        code,
        subject=admitted.subject,
        session=session.id,
        session_ends=session.expires_at,
        # All clients of a session are told the same, though a second may have gone by.
        auth_time=session.auth_time,
    )
    if client.id == ACCOUNT:
        response = redirect(note.redirect_uri)
    elif await has_to_ask(note, client, session.person, state.store.consents):
        response = ask(note, session, state)
    else:
        arrived = Arrived(code, client, admitted.person, admitted.discord)
        response = await _sent_on(note, arrived, state)
    set_session(response, begun.identifier, session, state.sealer, now)
    return response


async def _sent_on(note: LoginNote, arrived: Arrived, state: State) -> Response:
    try:
        return await welcome(note, arrived, state)
    except InvalidGrant as ended:
        raise LoginSpent(ways_here(note, state)) from ended
    except TemporarilyUnavailable as outage:
        return _out(note, outage)


def _login(request: Request, params: Parameters, state: State) -> LoginNote | Response:
    """Answer the login note; or what the application hears of a late one that nobody looks at.

    Raises:
        LoginUnknown, LoginElsewhere: it is no note of ours, or not of this browser.
        LoginExpired: it is too old, and somebody looks, or nobody vouches for the redirect URI.
    """
    sealed, now, is_late = params.get("state", ""), state.clock(), False
    try:
        note = state.sealer.open(LoginNote, sealed, LOGIN_LIFETIME, now)
    except ExpiredNote:
        # For a day it still tells what was asked for, and by whom.
        is_late, note = True, _late(sealed, state.sealer, state.clock())
    except BadNote as error:
        raise LoginUnknown from error
    if not browser.is_bound(request, note.browser, secure=note.issuer.startswith("https:")):
        raise (LoginExpired if is_late else LoginElsewhere)(ways_elsewhere(note, state.registry))
    if not is_late:
        return note
    ways = ways_here(note, state)
    if note.silent and ways is not None:
        # Its table vouches for the redirect URI.
        login_ended(OVER["error"])
        return note.asker.answer(**OVER)
    raise LoginExpired(ways)


def _late(sealed: str, sealer: Sealer, now: float) -> LoginNote:
    try:
        return sealer.open(LoginNote, sealed, browser.COOKIE_LIFETIME, now)
    except ExpiredNote as error:
        raise LoginExpired from error


def _login_id(note: LoginNote, discord_code: str) -> str:
    # The same whenever the page is loaded again, so that what Discord gave for its code is found;
    # but by nobody who has only seen that code, since the verifier is this login's own secret.
    return sha256(f"{note.verifier} {discord_code}".encode()).hexdigest()


def _out(note: LoginNote, outage: TemporarilyUnavailable) -> Response:
    """Tell the application of an outage where nobody is there to read a page.

    Raises:
        TemporarilyUnavailable: it, where somebody is.
    """
    if not note.silent:
        raise outage
    return note.asker.refuse(outage)


def _refused(note: LoginNote, error: str, settings: Settings) -> Response:
    known = error in PASSED_ON
    code = error if known else "server_error"
    login_ended(code)
    if not known:
        # Whoever runs this can mend what the standards name. Anybody can write anything else there.
        named = error if error in OPERATORS else "an error"
        structlog.contextvars.bind_contextvars(error=code, reason=f"Discord answered with {named}")
    if code == "access_denied" and note.referrer and _is_home(note, settings):
        return redirect(note.referrer)
    description = PASSED_ON[error] if known else "Discord reported an error."
    return note.asker.answer(error=code, error_description=description)


def _is_home(note: LoginNote, settings: Settings) -> bool:
    # The Referer is whoever linked to us; only the redirect URI's origin has Discord's word.
    referrer = note.referrer or ""
    return redirects.is_browsable(referrer, settings) and origin_of(referrer) == origin_of(
        note.redirect_uri
    )
