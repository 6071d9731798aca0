"""Which response type and which response mode a request asks for."""

from typing import Final

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


def default_mode(response_type: str) -> str:
    """Answer how a response type is answered unless the request says otherwise."""
    return "query" if response_type == CODE else "fragment"


def requested_mode(
    params: Parameters, response_type: str, client: Client, redirect_uri: str
) -> str:
    """Answer the response mode of a request.

    Raises:
        InvalidRequest: there is none such, the client is not to use it, or it does not fit the
            response type or the redirect URI.
    """
    mode = params.get("response_mode", default_mode(response_type))
    modes = list(filter(client.may_be_answered_by, RESPONSE_MODES))
    if mode not in modes:
        raise InvalidRequest(f"response_mode must be {' or '.join(modes)}")
    if mode == "query" and response_type != CODE:
        raise InvalidRequest("response_mode query is for the response type code alone")
    if mode == "form_post" and is_private_use(redirect_uri):
        raise InvalidRequest("response_mode form_post reaches no app; its redirect_uri is not http")
    return mode
