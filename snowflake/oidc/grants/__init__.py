"""The grant types, one file each: from a token request to a ``Grant``.

A new grant type is one file and one line here.
"""

from collections.abc import Awaitable, Callable, Mapping

from snowflake.oidc.clients import Credentials
from snowflake.oidc.grants.authorization_code import authorization_code
from snowflake.oidc.parameters import Parameters
from snowflake.oidc.tokens import Grant
from snowflake.state import State

GRANTS: Mapping[str, Callable[[Credentials, Parameters, State], Awaitable[Grant]]] = {
    "authorization_code": authorization_code,
}
