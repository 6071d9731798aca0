"""``/account``: a person's own page. What changes something is a POST with a note of the page."""

import json
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from snowflake.errors import InvalidRequest, NotFound
from snowflake.linked_roles.erasing import erase
from snowflake.linked_roles.paths import UNLINK
from snowflake.oidc.account import applications_of, check_note, is_recent, note_of, sign_in
from snowflake.oidc.single_sign_on import account_of
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.parameters import Parameters, form, query
from snowflake.protocol.paths import ACCOUNT
from snowflake.protocol.session_cookie import forget_session, session_of
from snowflake.state import State, state_of
from snowflake.store.export import exported
from snowflake.store.link import ENDED
from snowflake.store.people import Kept
from snowflake.store.session_ends import Which
from snowflake.store.sessions import Session
from snowflake.telemetry.audit import audit
from snowflake.web.pages import Link, Message, error_page, page

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
NOT_SIGNED_IN: Final = Message(
    title="You have not signed in",
    explanation="Discord did not say who you are, because you did not allow it or it had a fault.",
    advice="To see your page, sign in.",
)


async def account(request: Request) -> Response:
    """Show somebody what is kept of them, and do what they ask for.

    Raises:
        NotFound: no sessions are kept here.
        InvalidRequest: it is no button of the page.
        TemporarilyUnavailable: Discord or the store cannot be asked.
    """
    state, issuer = state_of(request), issuer_of(request)
    if not state.registry.keeps_sessions:
        raise NotFound("there is no such page here")
    session = await session_of(request, issuer, state)
    if request.method == "POST":
        return await _pressed(request, await form(request), session, state)
    if session is None:
        if query(request).get("error") is not None:
            again = Link("Sign in", state.settings.path + ACCOUNT)
            return error_page(request, NOT_SIGNED_IN, status=200, links=[again])
        return sign_in(request, issuer, state)
    return _page(request, session, await state.store.people.kept(session.person), state)


def _page(request: Request, session: Session, kept: Kept, state: State) -> Response:
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
            for one in applications_of(kept, state.registry)
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
        return sign_in(request, issuer_of(request), state)
    check_note(params.require("note", MAX_NOTE), session, state)
    action = params.get("action", "")
    if action not in _ACTIONS:
        raise InvalidRequest("action is none of the page")
    if action in OF_ALL and not is_recent(session, state.clock()):
        # Somebody may have left a browser signed in.
        return sign_in(request, session.issuer, state, prompt="consent")
    return await _ACTIONS[action](request, params, session, state)


async def _sign_out(
    request: Request, params: Parameters, session: Session, state: State
) -> Response:
    """End all that one application has of the person, in all browsers, and their consent."""
    kept = await state.store.people.kept(session.person)
    client_id = params.require("client_id", MAX_CLIENT)
    for one in applications_of(kept, state.registry):
        if one.client_id == client_id:
            await state.logout.leave(session.person, one.application, client_id)
    await state.store.consents.withdraw(session.person, client_id)
    left = await session_of(request, session.issuer, state)
    if left is None:
        # It was the last one of the session.
        return _left(request, session, SIGNED_OUT)
    return _page(request, left, await state.store.people.kept(session.person), state)


async def _sign_out_everywhere(
    request: Request, _: Parameters, session: Session, state: State
) -> Response:
    await state.logout.end(Which(person=session.person), offline=True)
    return _left(request, session, SIGNED_OUT)


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
        note=note_of(session, state),
    )


async def _erase(request: Request, _: Parameters, session: Session, state: State) -> Response:
    await erase(session.person, state)
    return _left(request, session, ERASED)


def _left(request: Request, session: Session, message: Message) -> Response:
    response = error_page(request, message, status=200)
    forget_session(response, session.issuer)
    return response


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
