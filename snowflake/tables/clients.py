"""``[[clients]]``: the registered clients."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from snowflake.tables.access import AccessTable
from snowflake.tables.groups import GroupsTable
from snowflake.tables.table import Table
from snowflake.uris import check_uri
from snowflake.values import Duration, within

#: What makes a redirect URI a pattern.
PATTERN = "regex:"


def _redirect_uri(uri: str) -> str:
    if not uri.startswith(PATTERN):
        check_uri(uri)
        return uri
    try:
        re.compile(uri.removeprefix(PATTERN))
    except re.error as error:
        raise ValueError(f"is no regular expression: {error.msg}") from None
    return uri


def _uri(uri: str) -> str:
    check_uri(uri)
    return uri


ClientId = Annotated[str, StringConstraints(pattern=r"^[!-9;-~]{1,256}$")]
RedirectUri = Annotated[str, AfterValidator(_redirect_uri)]


class ClientTable(Table):
    """A registered client (RFC 6749, section 2).

    A confidential client has a ``secret``: as it is, as the hash that ``snowflake clients hash``
    prints, or in the file ``secret_file``. One that is ``public`` has none and must use PKCE.
    Lifetimes that are not set are those of everybody, ``scopes`` all that there are.
    """

    id: ClientId
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    secret: SecretStr | None = None
    secret_file: Path | None = None
    public: bool = False
    redirect_uris: Annotated[tuple[RedirectUri, ...], Field(min_length=1)]
    post_logout_redirect_uris: tuple[Annotated[str, AfterValidator(_uri)], ...] = ()
    scopes: tuple[str, ...] | None = None
    token_lifetime: Annotated[Duration, within(timedelta(minutes=1))] | None = None
    refresh_token_lifetime: Annotated[Duration, within(timedelta(minutes=1))] | None = None
    include_claims_in_id_token: bool = True
    groups: GroupsTable | None = None
    access: AccessTable | None = None
