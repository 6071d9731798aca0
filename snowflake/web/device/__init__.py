"""``/device``: where a person lets a device sign in (RFC 8628, section 3.3).

Three steps: they enter the code that the device shows (``entering``), they sign in, and they answer
whether the device may (``answering``). That is always asked, whoever is signed in and however they
came: a link with the code in it may have been sent by somebody who would like to be signed in as
them (section 5.4).
"""

from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from snowflake.errors import InvalidRequest, NotFound, StaleAnswer
from snowflake.oidc.devices import NOTE, page_of
from snowflake.oidc.user_codes import USER_CODE, typed
from snowflake.protocol.bounds import MAX_USER_CODE
from snowflake.protocol.own_pages import check_own_page
from snowflake.protocol.parameters import Parameters, form, query
from snowflake.settings.tables.clients.responses import DEVICE_CODE
from snowflake.state import state_of
from snowflake.web.device.answering import answered, asked, waiting
from snowflake.web.device.entering import SIGNED_IN, entered, field
from snowflake.web.pages import Link, Message, error_page

#: The button that was pressed.
ANSWER: Final = "answer"
#: Characters of a note, which holds a code.
MAX_NOTE: Final = 32_768
NOT_SIGNED_IN: Final = Message(
    title="You have not signed in",
    explanation="Discord did not say who you are, because you did not allow it or it had a fault.",
    advice="The device still waits. To let it sign in, try again.",
)


async def device(request: Request) -> Response:
    """Let somebody enter the code of a device, and answer whether it may sign in.

    Raises:
        NotFound: there are no clients of devices here.
        SentFromElsewhere: it is no form of ours.
        StaleAnswer: it is no form of ours, or of a page that was loaded too long ago.
        LoginElsewhere: it was loaded in another browser.
        LoginSignedOut: nobody is signed in any more, or somebody else.
        LoginDenied: the person may not sign in to the client. The device has been told.
        TooManyRequests: too many codes were tried that no device shows.
        TemporarilyUnavailable: Discord or the store cannot be asked. The device waits on.
    """
    state = state_of(request)
    if not state.registry.offers.some(lambda client: client.may_bring(DEVICE_CODE)):
        raise NotFound("there is no such page here")
    is_post = request.method == "POST"
    if is_post:
        check_own_page(request)
    try:
        params = await form(request) if is_post else query(request)
        sent = _Sent.of(params)
    except InvalidRequest as error:
        raise StaleAnswer(error.description) from error
    if sent.note is not None:
        waits = await waiting(sent.note, request, state)
        if isinstance(waits, Response):
            return waits
        if is_post:
            return await answered(waits, sent.answer, request, state)
        return asked(waits, sent.note, request, state)
    if is_post:
        return await entered(sent.code, request, state)
    if sent.failed:
        links = [Link("Try again", page_of(sent.code, state))]
        return error_page(request, NOT_SIGNED_IN, status=200, links=links)
    return field(request, sent.code, state, again=sent.signed_in)


class _Sent(NamedTuple):
    """What came with a request: a code that can be one, a note and the answer to its question.

    ``failed`` is whether somebody comes back who has not signed in; their code is then our own
    ``state``. ``signed_in`` is whether they come back from having had to sign in first.
    """

    note: str | None
    answer: str | None
    code: str | None
    failed: bool
    signed_in: bool

    @classmethod
    def of(cls, params: Parameters) -> "_Sent":
        failed = params.get("error") is not None
        code = params.at_most("state" if failed else USER_CODE, MAX_USER_CODE)
        note = params.at_most(NOTE, MAX_NOTE)
        signed_in = params.get(SIGNED_IN) is not None
        return cls(note, params.get(ANSWER), typed(code or ""), failed, signed_in)
