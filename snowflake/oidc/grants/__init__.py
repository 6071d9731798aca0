"""The grant types, one file each: from a token request to what it comes to.

That is ``Redeemed``, of a person, or a ``ClientToken``.

A new grant type is one file and one line here.
"""

from collections.abc import Awaitable, Callable, Mapping

from snowflake.oidc.credentials import Credentials
from snowflake.oidc.grants.authorization_code import authorization_code
from snowflake.oidc.grants.client_credentials import client_credentials
from snowflake.oidc.grants.device_code import device_code
from snowflake.oidc.grants.refresh_token import refresh_token
from snowflake.oidc.tokens import Redeemed
from snowflake.oidc.tokens.client_token import ClientToken
from snowflake.protocol.parameters import Parameters
from snowflake.settings.tables.clients.machines import CLIENT_CREDENTIALS
from snowflake.settings.tables.clients.responses import DEVICE_CODE
from snowflake.state import State

Grant = Callable[[Credentials, Parameters, State], Awaitable[Redeemed | ClientToken]]

GRANTS: Mapping[str, Grant] = {
    "authorization_code": authorization_code,
    "refresh_token": refresh_token,
    DEVICE_CODE: device_code,
    CLIENT_CREDENTIALS: client_credentials,
}
