"""Which client a request is about."""

import structlog
from starlette.requests import Request

from snowflake.errors import InvalidRequest, InvalidToken, NotFound, UnauthorizedClient
from snowflake.protocol.bounds import MAX_CLIENT_ID
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.settings.offers import Offers
from snowflake.settings.registry import Registry
from snowflake.store.grants import Grant
from snowflake.uris.ascii import is_visible_ascii


def requested_client(params: Parameters, registry: Registry) -> Client:
    """Find the client of an authorization request.

    Raises:
        InvalidRequest: ``client_id`` is missing or none that Discord would give.
        UnauthorizedClient: this client is not on the list of those allowed, or signs in nobody by a
            browser.
    """
    client_id = params.require("client_id", MAX_CLIENT_ID)
    if not is_visible_ascii(client_id):
        raise InvalidRequest("client_id holds characters that no client ID has")
    client = find_client(client_id, registry)
    if not client.response_types:
        raise UnauthorizedClient("this client is one that signs in nobody by a browser")
    return client


def find_client(client_id: str, registry: Registry) -> Client:
    """Find a client: registered, or of ``SNOWFLAKE_ALLOWED_CLIENTS``. Now the log names it.

    Raises:
        UnauthorizedClient: this client is neither.
    """
    client = registry.find(client_id)
    # People swap ID and secret; only what cannot be a secret or an address is logged.
    is_registered = client is not None and client.registered is not None
    loggable = is_registered or (client_id.isascii() and client_id.isdigit())
    structlog.contextvars.bind_contextvars(client_id=client_id if loggable else "unusual")
    if client is None:
        raise UnauthorizedClient("this client may not use this Snowflake")
    return client


def issuer_owner(request: Request, registry: Registry) -> Offers:
    """Answer what a client may use whose own issuer's path was asked for.

    Raises:
        NotFound: no client of that ID has an issuer to itself.
    """
    offers = registry.offers_of.get(request.path_params["client_id"])
    if offers is None:
        raise NotFound("there is no issuer by that name")
    return offers


def client_of(grant: Grant, registry: Registry) -> Client:
    """Answer the client that has a grant, by what is configured now.

    Raises:
        InvalidToken: it may use this Snowflake no more, or another one has its name.
    """
    try:
        client = find_client(grant.client_id, registry)
    except UnauthorizedClient as error:
        raise InvalidToken(error.description) from error
    if not is_of(client, grant):
        raise InvalidToken("the access token was issued to another client")
    return client


def is_of(client: Client, grant: Grant) -> bool:
    """Whether a grant was made for just this client.

    One of the same ID may have been registered, or taken out of the file, since then.
    """
    return (grant.client_id, grant.application) == (client.id, client.application)
