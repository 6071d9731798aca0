"""The page that asks whether an application may learn what it asks for, and its answer."""

from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from snowflake.crypto.sealing import BadNote, ExpiredNote
from snowflake.errors import InvalidRequest, LoginExpired, LoginSignedOut, LoginUnknown
from snowflake.oidc.clients import find_client
from snowflake.oidc.consent import NOTE, ConsentNote, asked_for, refused
from snowflake.oidc.hints import Hints
from snowflake.oidc.question import page_for
from snowflake.oidc.scopes import learnt
from snowflake.oidc.single_sign_on import Entry, account_of, by_session
from snowflake.oidc.ways import ways_here
from snowflake.protocol import browser, pkce
from snowflake.protocol.browser import LOGIN_LIFETIME
from snowflake.protocol.caller import caller_of
from snowflake.protocol.own_pages import check_own_page
from snowflake.protocol.parameters import Parameters, form, query
from snowflake.protocol.paths import CONSENT
from snowflake.protocol.redirect import redirect
from snowflake.protocol.session_cookie import session_of
from snowflake.settings.client import Client
from snowflake.state import State, state_of
from snowflake.store.sessions import Session
from snowflake.web.pages import page

#: The buttons of the page.
ANSWER: Final = "answer"
ALLOW, DENY = "allow", "deny"
#: Characters of a note; a login has at most as many as a query string.
MAX_NOTE: Final = 32_768


async def consent(request: Request) -> Response:
    """Ask whether an application may learn what it asks for, and go on as the person says.

    Raises:
        SentFromElsewhere: it is no answer from a page of ours.
        LoginUnknown: it is no answer to our page.
        LoginExpired: the login is too old.
        LoginSignedOut: nobody is signed in any more, or somebody else.
    """
    return await (_answered if request.method == "POST" else _asked)(request)


async def _asked(request: Request) -> Response:
    state, params = state_of(request), query(request)
    note, client, session = await _waiting(request, params, state)
    secure = note.issuer.startswith("https:")
    binding = browser.bind(request, secure=secure)
    # For somebody else, who has to come back from Discord in this browser.
    another = replace(
        note.login_note(),
        verifier=pkce.new_verifier(),
        browser=browser.fingerprint(binding),
        begun=int(state.clock()),
    )
    response = page(
        "consent.html",
        request,
        form=True,
        application=client.name or client.id,
        account=account_of(session).account,
        learns=learnt(asked_for(note, client), client),
        another_account=page_for(another, client, "consent", state.clock(), state),
        action=state.settings.path + CONSENT,
        note=params.require(NOTE, MAX_NOTE),
    )
    browser.set_cookie(response, binding, secure=secure)
    return response


async def _answered(request: Request) -> Response:
    """Go on to the application with a code, or tell it that the person does not want it."""
    check_own_page(request)
    state, params = state_of(request), await _form(request)
    note, client, session = await _waiting(request, params, state)
    login = note.login_note()
    try:
        said = params.get(ANSWER)
    except InvalidRequest as error:
        raise LoginUnknown(ways_here(login, state)) from error
    if said == DENY:
        return refused(login)
    if said != ALLOW:
        raise LoginUnknown(ways_here(login, state))
    if client.consent == "once":
        await state.store.consents.give(session.person, client.id, asked_for(login, client))
    hints = Hints(tuple(login.hinted), login.login)
    entry = Entry(login, client, caller_of(request), hints, None, has_page=True, consented=True)
    response = await by_session(session, entry, state)
    if response is not None:
        return response
    # The session is about to end, or Discord has to be asked for more.
    return redirect(page_for(login, client, "none", state.clock(), state))


async def _waiting(
    request: Request, params: Parameters, state: State
) -> tuple[ConsentNote, Client, Session]:
    """Answer the login that waits for an answer, its client, and whose answer it is."""
    note, is_late = _opened(params, state)
    client = find_client(note.client_id, state.registry)
    session = await session_of(request, note.issuer, state)
    if session is None or session.id != note.session:
        raise LoginSignedOut(ways_here(note.login_note(), state))
    if is_late:
        raise LoginExpired(ways_here(note.login_note(), state))
    return note, client, session


async def _form(request: Request) -> Parameters:
    try:
        return await form(request)
    except InvalidRequest as error:
        # It is no form of our page, which the application has not sent.
        raise LoginUnknown from error


def _opened(params: Parameters, state: State) -> tuple[ConsentNote, bool]:
    """Answer the login that waits, and whether it has waited too long."""
    try:
        sealed = params.require(NOTE, MAX_NOTE)
    except InvalidRequest as error:
        raise LoginUnknown from error
    try:
        return state.sealer.open(ConsentNote, sealed, LOGIN_LIFETIME, state.clock()), False
    except ExpiredNote:
        return state.sealer.open(ConsentNote, sealed), True
    except BadNote as error:
        raise LoginUnknown from error
