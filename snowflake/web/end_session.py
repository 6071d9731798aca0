"""The end session endpoint (OpenID Connect RP-Initiated Logout 1.0).

Nobody is signed out by a stranger: a hint of the very session proves that its client asks, and else
our page asks the person. Once the session has ended, its clients are told by their servers, in the
browser, and by the store, in which their tokens have ended.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from snowflake.oidc.end_session import (
    LogoutRequest,
    answered,
    logout_request,
    note_of,
)
from snowflake.oidc.frontchannel_logout import frames_of
from snowflake.oidc.single_sign_on import account_of
from snowflake.protocol.bounds import MAX_FORM
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.own_pages import check_own_page
from snowflake.protocol.parameters import Parameters
from snowflake.protocol.paths import END_SESSION
from snowflake.protocol.posted import sent_to
from snowflake.protocol.redirect import redirect
from snowflake.protocol.session_cookie import session_of
from snowflake.settings.client import Client
from snowflake.state import State, state_of
from snowflake.store.session_ends import Which
from snowflake.store.sessions import Session
from snowflake.web.pages import Link, Message, error_page, page
from snowflake.web.signed_out import signed_out

#: The field of our own page, beside the button.
ANSWER: Final = "note"
SIGNED_OUT: Final = Message(
    title="You have signed out",
    explanation=(
        "The service that you used has ended your session. You are still signed in to Discord."
    ),
    advice="You can close this page.",
)
SIGNED_OUT_HERE: Final = Message(
    title="You have signed out",
    explanation=(
        "You are signed out here, and of the services that you used by way of this page. You are "
        "still signed in to Discord."
    ),
    advice="You can close this page.",
)


async def end_session(request: Request) -> Response:
    """End the session of this browser, and send the person back.

    An application may send the person by a form of its own; our page's button is ours alone.
    """
    state, issuer = state_of(request), issuer_of(request)
    params = await sent_to(request, MAX_FORM)
    if isinstance(params, Response):
        return params
    if params.get(ANSWER) is not None and request.method == "POST":
        return await _answered(request, params, state)
    asked = await logout_request(params, state)
    if not state.settings.session_lifetime:
        return _gone_on(request, asked.back)
    session = await session_of(request, issuer, state)
    if session is None and asked.hint is not None:
        return _gone_on(request, asked.back)
    if session is not None and asked.proves(session):
        return await _ended(request, session, asked.back, asked.client, state)
    return _question(request, asked, session, state)


async def _answered(request: Request, params: Parameters, state: State) -> Response:
    """End what our page has asked about, if it is still who is signed in."""
    check_own_page(request)
    note = answered(params.require(ANSWER, MAX_FORM), state.sealer, state.clock())
    session = await session_of(request, issuer_of(request), state)
    client = state.registry.find(note.client_id) if note.client_id is not None else None
    if session is None:
        return _gone_on(request, note.back, client)
    if session.id != note.session:
        # Somebody else has signed in since then, in another window.
        return _question(request, LogoutRequest(client, None, note.back), session, state)
    return await _ended(request, session, note.back, client, state)


async def _ended(
    request: Request, session: Session, back: str | None, client: Client | None, state: State
) -> Response:
    """End a session, tell its clients, and send the person back."""
    frames = await frames_of(session, state)
    await state.logout.end(Which(session=session.id))
    return signed_out(request, SIGNED_OUT_HERE, frames, _links(back, client), back)


def _question(
    request: Request, asked: LogoutRequest, session: Session | None, state: State
) -> Response:
    """Ask somebody who is signed in whether they want to sign out; else say that they have."""
    links = _links(asked.back, asked.client)
    if session is None:
        return error_page(request, SIGNED_OUT, status=200, links=links)
    return page(
        "signing_out.html",
        request,
        form=True,
        account=account_of(session).account,
        action=state.settings.path + END_SESSION,
        note=note_of(asked, session, state.sealer, state.clock()),
        application=_name(asked.client),
    )


def _gone_on(request: Request, back: str | None, client: Client | None = None) -> Response:
    """Send somebody back who is not signed in."""
    if back is not None:
        return redirect(back)
    return error_page(request, SIGNED_OUT, status=200, links=_links(back, client))


def _links(back: str | None, client: Client | None) -> list[Link]:
    return [Link("Back to", back, _name(client))] if back is not None else []


def _name(client: Client | None) -> str:
    return (client.name or client.id) if client is not None else ""
