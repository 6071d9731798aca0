"""``/account``: a person's own page. What changes something is a POST with a note of the page."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from snowflake.errors import InvalidRequest, NotFound, StaleAnswer
from snowflake.linked_roles.erasing import erase
from snowflake.linked_roles.paths import UNLINK
from snowflake.oidc.account import (
    Application,
    applications_of,
    is_good,
    is_recent,
    note_of,
    sign_in,
)
from snowflake.oidc.frontchannel_logout import frames_of
from snowflake.oidc.single_sign_on import account_of
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.own_pages import check_own_page
from snowflake.protocol.parameters import Parameters, form, query
from snowflake.protocol.paths import ACCOUNT
from snowflake.protocol.session_cookie import session_of
from snowflake.state import State, state_of
from snowflake.store.export import exported
from snowflake.store.link import ENDED
from snowflake.store.people import Kept
from snowflake.store.session_ends import Which
from snowflake.store.sessions import Session
from snowflake.telemetry.audit import audit
from snowflake.web.pages import Link, Message, error_page, frames_page, page
from snowflake.web.signed_out import signed_out

#: Characters of a token of the page, and of a client ID.
MAX_NOTE, MAX_CLIENT = 1024, 256
SIGNED_OUT: Final = Message(
    title="You have signed out of everything",
    explanation="No application has a login of yours any more. You are still signed in to Discord.",
    advice="You can close this page.",
)
ERASED: Final = Message(
    title="What was kept about you is erased",
    explanation="Applications keep what they know of you themselves; ask those that you used.",
    advice="You can close this page. If you sign in anywhere, something is kept again.",
)
UNFORGOTTEN: Final = (
    " Discord could not be told all of it: to be sure, remove the application in Discord under "
    "User Settings, Authorized Apps."
)
OVER: Final = Message(
    title="You are not signed in here any more",
    explanation=(
        "If you have just signed out, or had yourself erased, that is done. If not, nothing has "
        "changed."
    ),
    advice="To see your page, sign in.",
)
NOT_SIGNED_IN: Final = Message(
    title="You have not signed in",
    explanation="Discord did not say who you are, because you did not allow it or it had a fault.",
    advice="To see your page, sign in.",
)


async def account(request: Request) -> Response:
    """Show somebody what is kept of them, and do what they ask for.

    Raises:
        NotFound: no sessions are kept here.
        SentFromElsewhere: it is no button of ours.
        StaleAnswer: it is no button of the page, or of one that is old or somebody else's.
        TemporarilyUnavailable: Discord or the store cannot be asked.
    """
    state, issuer = state_of(request), issuer_of(request)
    if not state.registry.keeps_sessions:
        raise NotFound("there is no such page here")
    if request.method == "POST":
        check_own_page(request)
    session = await session_of(request, issuer, state)
    if request.method == "POST":
        return await _pressed(request, await _form(request), session, state)
    if session is None:
        if query(request).get("error") is not None:
            return error_page(request, NOT_SIGNED_IN, status=200, links=_again(state))
        return sign_in(request, issuer, state)
    return await _page(request, session, state)


async def _applications(kept: Kept, session: Session, state: State) -> list[Application]:
    entered = await state.store.sessions.entered(session.person, session.application)
    return applications_of(kept, entered, state.registry)


async def _page(request: Request, session: Session, state: State) -> Response:
    kept = await state.store.people.kept(session.person)
    table, link = state.settings.linked_roles, kept.link
    is_linked = link is not None and link.state != ENDED and table is not None
    return page(
        "account.html",
        request,
        form=True,
        account=account_of(session).account,
        person=session.person,
        since=_day(session.auth_time),
        applications=[
            {**one._asdict(), "last": _day(one.last_at)}
            for one in await _applications(kept, session, state)
        ],
        allowed={consent.client_id for consent in kept.consents},
        platform=table.platform_name if table is not None and is_linked else None,
        unlink=state.settings.path + UNLINK,
        action=state.settings.path + ACCOUNT,
        note=note_of(session, state),
    )


async def _pressed(
    request: Request, params: Parameters, session: Session | None, state: State
) -> Response:
    if session is None:
        # A double click must not sign in whoever has just signed out.
        return error_page(request, OVER, status=200, links=_again(state))
    action, sealed = _field(params, "action", MAX_NOTE), _field(params, "note", MAX_NOTE)
    if not is_good(sealed, session, state, erases=action == "really-erase"):
        raise StaleAnswer(
            "the page was loaded too long ago, or somebody else has signed in since then"
        )
    if action not in _ACTIONS:
        raise StaleAnswer("the button is none of the page")
    if action in OF_ALL and not is_recent(session, state.clock()):
        # Somebody may have left a browser signed in.
        return sign_in(request, session.issuer, state, prompt="consent")
    return await _ACTIONS[action](request, params, session, state)


async def _sign_out(
    request: Request, params: Parameters, session: Session, state: State
) -> Response:
    """End all that one application has of the person, in all browsers, and their consent."""
    kept = await state.store.people.kept(session.person)
    client_id = _field(params, "client_id", MAX_CLIENT)
    name, frames = client_id, await frames_of(session, state, client_id)
    for one in await _applications(kept, session, state):
        if one.client_id == client_id:
            name = one.name
            await state.logout.leave(session.person, one.application, client_id)
    await state.store.consents.withdraw(session.person, client_id)
    message = replace(
        SIGNED_OUT,
        title=f"You have signed out of {name}",
        explanation="It has no login of yours any more. You are still signed in to Discord.",
    )
    links = _again(state, "Your page")
    left = await session_of(request, session.issuer, state)
    if left is None:
        # It was the last one of the session.
        return signed_out(request, message, frames, links)
    if frames:
        onward = state.settings.path + ACCOUNT
        return frames_page(request, message, frames, onward, links=links)
    return await _page(request, left, state)


async def _sign_out_everywhere(
    request: Request, _: Parameters, session: Session, state: State
) -> Response:
    frames = await frames_of(session, state)
    await state.logout.end(Which(person=session.person), offline=True)
    return signed_out(request, SIGNED_OUT, frames)


async def _download(_: Request, __: Parameters, session: Session, state: State) -> Response:
    kept = await state.store.people.kept(session.person)
    audit("export", "shown", person=session.person)
    content = json.dumps(exported(session.person, kept), indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="snowflake.json"'}
    return Response(content, media_type="application/json", headers=headers)


async def _ask_to_erase(
    request: Request, _: Parameters, session: Session, state: State
) -> Response:
    return page(
        "erasing.html",
        request,
        form=True,
        account=account_of(session).account,
        action=state.settings.path + ACCOUNT,
        note=note_of(session, state, erases=True),
    )


async def _erase(request: Request, _: Parameters, session: Session, state: State) -> Response:
    frames = await frames_of(session, state)
    erased = await erase(session.person, state)
    message = ERASED
    if erased.living or not erased.is_withdrawn:
        message = replace(ERASED, explanation=ERASED.explanation + UNFORGOTTEN)
    return signed_out(request, message, frames)


async def _form(request: Request) -> Parameters:
    try:
        return await form(request)
    except InvalidRequest as error:
        raise StaleAnswer(error.description) from error


def _field(params: Parameters, name: str, longest: int) -> str:
    try:
        return params.require(name, longest)
    except InvalidRequest as error:
        raise StaleAnswer(error.description) from error


def _again(state: State, text: str = "Sign in") -> list[Link]:
    return [Link(text, state.settings.path + ACCOUNT)]


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %B %Y, %H:%M} UTC"


#: The buttons of the page, by what they send.
_ACTIONS: Final = {
    "sign-out": _sign_out,
    "sign-out-everywhere": _sign_out_everywhere,
    "download": _download,
    "erase": _ask_to_erase,
    "really-erase": _erase,
}
#: Those that show or erase all.
OF_ALL: Final = frozenset({"download", "erase", "really-erase"})
