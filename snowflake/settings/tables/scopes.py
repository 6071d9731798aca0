"""``[[scopes]]``: scopes of the operator's own, and what others may tell besides."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from snowflake.expressions import Expression
from snowflake.settings.tables.table import Table
from snowflake.settings.values import check_line

#: Claims that one table may give.
MAX_CLAIMS: Final = 50
#: Characters of the name of a claim or a scope.
MAX_NAME: Final = 100
#: Claims that say what a token is, of whom, and how somebody signed in: OpenID Connect Core 1.0
#: (sections 2, 3.3.2.11, 5.6.2), the logout specifications, RFC 7519, 7800, 8693, 9068, 9449, and
#: our own. Whoever could set one could make a token pass for another.
RESERVED: Final = frozenset(
    {
        *("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "auth_time", "acr", "amr"),
        *("azp", "at_hash", "c_hash", "s_hash", "sid", "events", "sub_id", "sub_jwk", "toe", "txn"),
        *("client_id", "scope", "grant", "cnf", "act", "may_act", "active", "token_type"),
        *("_claim_names", "_claim_sources", "authorization_details"),
    }
)

#: RFC 6749, section 3.3.
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


def _scope_name(name: str) -> str:
    if not _SCOPE.fullmatch(name):
        raise ValueError('must be visible ASCII without spaces, " and \\')
    return name


def _claim_name(name: str) -> str:
    if not name.isprintable() or name != name.strip() or not name:
        raise ValueError("must be one line of plain text")
    if name in RESERVED:
        raise ValueError("is a claim that says what a token is; no expression can set it")
    return name


ScopeName = Annotated[str, Field(max_length=MAX_NAME), AfterValidator(_scope_name)]
ClaimName = Annotated[str, Field(max_length=MAX_NAME), AfterValidator(_claim_name)]
Description = Annotated[str, Field(max_length=200), AfterValidator(check_line)]
#: What each claim comes to.
Claims = Annotated[Mapping[ClaimName, Expression], Field(max_length=MAX_CLAIMS)]


class ScopeTable(Table):
    """A scope of the operator's own, or what one of Snowflake's tells besides."""

    name: ScopeName = Field(
        description="What applications ask for. One of Snowflake's own scopes is added to."
    )
    description: Description | None = Field(
        default=None,
        description=(
            "What people read who are asked for their consent. A scope of your own must have one."
        ),
    )
    claims: Claims = Field(
        default={},
        description=(
            "`[scopes.claims]`: names of claims, each with a JMESPath expression that is searched "
            "for in the person."
        ),
    )
