"""What a client presents to say who it is (RFC 6749, section 2.3). Nothing is proven by it yet."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import unquote_plus

from pydantic import SecretStr
from starlette.requests import Request

from snowflake.errors import InvalidClient, InvalidRequest
from snowflake.oidc.client_assertion import ASSERTION_TYPE, claimed_client
from snowflake.protocol.bounds import MAX_ASSERTION, MAX_CLIENT_ID, MAX_CLIENT_SECRET
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.uris.ascii import is_visible_ascii

# Only what RFC 6749, section 2.3.1, prescribes; a raw secret may hold a percent sign by chance.
_FORM_ENCODED = re.compile(r"([A-Za-z0-9*._~+-]|%[0-9A-Fa-f]{2})*")
#: What looks like a signed JWT (RFC 7515, section 3.1).
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
# Each of up to four bytes of a character is encoded as three; what is not ASCII is no JWT.
_MAX_ENCODED = 12 * MAX_CLIENT_ID + 3 * MAX_ASSERTION
#: What is said of a secret that is none of ours.
SECRET_TOO_LONG: Final = f"client_secret is longer than {MAX_CLIENT_SECRET} characters"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The client as it presents itself, and may ask Discord.

    ``secret`` is None for a public client, for one that has ``proven`` by a JWT who it is, and
    where a person comes back from Discord for a registered one, which has no part in that.
    ``caller`` is the address from which somebody asks, empty if there is none. ``asserted`` are the
    claims of the JWT of somebody else by which it has proven who it is, if that was how.
    """

    client: Client
    secret: SecretStr | None
    caller: str
    proven: bool = False
    asserted: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def is_public(self) -> bool:
        """Whether it shows nothing that others do not know."""
        return self.secret is None and not self.proven

    @property
    def client_id(self) -> str:
        """The client's ID."""
        return self.client.id

    @property
    def application_secret(self) -> SecretStr | None:
        """What Discord is shown: our own application's secret, or the one that was presented."""
        return self.client.application_secret if self.client.registered else self.secret


class PresentedCredentials(NamedTuple):
    """What a request says of its client: an ID, and a secret or a JWT if there is one.

    A secret that looks like a JWT may be as long as one.
    """

    client_id: str
    secret: SecretStr | None = None
    assertion: str | None = None

    @property
    def token(self) -> str | None:
        """What may be a token of somebody else, in whichever place: some can set but a secret."""
        secret = self.secret.get_secret_value() if self.secret is not None else None
        return self.assertion or secret


def presented_credentials(request: Request, params: Parameters) -> PresentedCredentials:
    """Read a client's ID, with a secret from HTTP Basic or the form, or a JWT. Some have but an ID.

    Raises:
        InvalidClient: there are none, or they cannot be read.
        InvalidRequest: two that differ were sent at once (RFC 6749, section 2.3).
    """
    in_form = params.at_most("client_id", MAX_CLIENT_ID)
    secret_in_form = params.at_most("client_secret", MAX_ASSERTION)
    if _is_too_long(secret_in_form):
        raise InvalidRequest(SECRET_TOO_LONG)
    header = request.headers.get("authorization")
    assertion = params.at_most("client_assertion", MAX_ASSERTION)
    secret: str | None
    if assertion is not None:
        if header is not None or secret_in_form is not None:
            raise InvalidRequest("the client authenticated in two ways at once")
        return _signed(assertion, in_form, params)
    if header is not None:
        client_id, secret = _basic(header)
        if in_form not in {None, client_id} or secret_in_form is not None:
            raise InvalidRequest("the client authenticated in two ways at once")
    elif in_form is not None:
        client_id, secret = in_form, secret_in_form
    else:
        raise InvalidClient("the client did not say who it is")
    if not is_visible_ascii(client_id):
        raise InvalidClient("client_id holds characters that no client ID has")
    return PresentedCredentials(client_id, SecretStr(secret) if secret else None)


def _signed(assertion: str, in_form: str | None, params: Parameters) -> PresentedCredentials:
    """Read who has signed a JWT (RFC 7523, section 2.2), with ``client_id`` or without."""
    if params.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidRequest(f"client_assertion_type must be {ASSERTION_TYPE}")
    # Whoever has somebody else sign for it says itself who it is (RFC 7521, section 4.2).
    client_id = in_form or claimed_client(assertion)
    if len(client_id) > MAX_CLIENT_ID or not is_visible_ascii(client_id):
        raise InvalidClient("client_assertion names what cannot be a client ID")
    return PresentedCredentials(client_id, assertion=assertion)


def _basic(header: str) -> tuple[str, str]:
    """Read a Basic header (RFC 7617), raw or form-encoded (RFC 6749, section 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient("the client must authenticate with HTTP Basic or in the form")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidClient("the Basic header cannot be read") from error
    client_id, colon, secret = decoded.partition(":")
    if not client_id or not colon or len(decoded) > _MAX_ENCODED:
        raise InvalidClient("the Basic header cannot be read")
    client_id, secret = _decode(client_id), _decode(secret)
    if len(client_id) > MAX_CLIENT_ID or len(secret) > MAX_ASSERTION or _is_too_long(secret):
        raise InvalidClient("the Basic header holds more than a client ID and a client secret")
    return client_id, secret


def _decode(value: str) -> str:
    return unquote_plus(value) if _FORM_ENCODED.fullmatch(value) else value


def _is_too_long(secret: str | None) -> bool:
    is_long = secret is not None and len(secret) > MAX_CLIENT_SECRET
    return is_long and not _JWT.fullmatch(secret or "")
