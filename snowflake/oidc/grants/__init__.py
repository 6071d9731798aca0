"""The grant types, one file each: from a token request to what it comes to, ``Redeemed``.

A new grant type is one file and one line here.
"""

from collections.abc import Awaitable, Callable, Mapping

from snowflake.oidc.credentials import Credentials
from snowflake.oidc.grants.authorization_code import authorization_code
from snowflake.oidc.grants.refresh_token import refresh_token
from snowflake.oidc.tokens import Redeemed
from snowflake.protocol.parameters import Parameters
from snowflake.state import State

GRANTS: Mapping[str, Callable[[Credentials, Parameters, State], Awaitable[Redeemed]]] = {
    "authorization_code": authorization_code,
    "refresh_token": refresh_token,
}
