"""Which response type and which response mode a request asks for."""

from typing import Final, NamedTuple

from snowflake.errors import (
    InvalidRequest,
    UnlistedResponseType,
    UnsupportedResponseType,
)
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.settings.tables.clients.responses import RESPONSE_MODES, RESPONSE_TYPES, in_order
from snowflake.uris.private_use import is_private_use

#: What is answered where nothing else is asked for.
CODE: Final = "code"
#: What is answered in the fragment, unless a request says otherwise.
_WITH_TOKENS: Final = frozenset({*RESPONSE_TYPES, "token"} - {CODE})


def requested_type(params: Parameters, client: Client) -> str:
    """Answer the response type of a request, its words in order.

    Raises:
        InvalidRequest: there is none.
        UnsupportedResponseType: there is none such, or not for a Discord application.
        UnlistedResponseType: the client is not to use it.
    """
    sent = params.get("response_type")
    if sent is None:
        raise InvalidRequest("response_type is missing")
    response_type = in_order(sent)
    if response_type in client.response_types:
        return response_type
    if client.registered is not None and response_type in RESPONSE_TYPES:
        raise UnlistedResponseType("response_type is none of this client's response_types")
    raise UnsupportedResponseType(f"response_type must be {' or '.join(client.response_types)}")


class Mode(NamedTuple):
    """In which mode a request is answered, and what is wrong with the one that it asks for."""

    name: str
    fault: InvalidRequest | None = None

    def check(self) -> None:
        """Pass, if it is the one that the request asks for.

        Raises:
            InvalidRequest: it could not be that.
        """
        if self.fault is not None:
            raise self.fault


def mode_of_answers(params: Parameters, client: Client, redirect_uri: str) -> Mode:
    """Answer in which mode a request is answered, whatever is wrong with it.

    It is the one that it asks for, if that can be; else that of its response type.
    """
    try:
        response_type = in_order(params.get("response_type", CODE))
    except InvalidRequest:
        response_type = CODE
    try:
        return Mode(_requested_mode(params, response_type, client, redirect_uri))
    except InvalidRequest as fault:
        return Mode(_default_mode(response_type), fault)


def _default_mode(response_type: str) -> str:
    """Answer how a response type is answered unless the request says otherwise.

    Errors of one that is for nobody go the same way (RFC 6749, section 4.2.2.1), but those of one
    that there is not stand in the query, where every application looks.
    """
    return "fragment" if response_type in _WITH_TOKENS else "query"


def _requested_mode(
    params: Parameters, response_type: str, client: Client, redirect_uri: str
) -> str:
    """Answer the response mode of a request.

    Raises:
        InvalidRequest: there is none such, the client is not to use it, or it does not fit the
            response type or the redirect URI.
    """
    mode = params.get("response_mode", _default_mode(response_type))
    if mode not in RESPONSE_MODES or not client.may_be_answered_by(mode):
        modes = filter(client.may_be_answered_by, RESPONSE_MODES)
        raise InvalidRequest(f"response_mode must be {' or '.join(modes)}")
    if mode == "query" and response_type != CODE:
        raise InvalidRequest("response_mode query is for the response type code alone")
    if mode == "form_post" and is_private_use(redirect_uri):
        raise InvalidRequest("response_mode form_post reaches no app; its redirect_uri is not http")
    return mode
