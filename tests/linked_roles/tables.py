"""Tables of linked roles."""

from typing import Any

from snowflake.settings.tables.linked_roles import LinkedRolesTable
from tests.upstream.provider import CLIENT_ID, ISSUER

#: The table in a file, with one condition.
FILE = f"""
[linked_roles]
issuer = "{ISSUER}"
client_id = "{CLIENT_ID}"
client_secret = "upstream-client-secret"
platform_name = "Example Society"

[[linked_roles.metadata]]
key = "member"
name = "Member"
description = "About member"
type = "boolean_equal"
value = "contains(groups, 'members')"
"""


def metadata(key: str = "member", type_: str = "boolean_equal", value: str = "member") -> Any:
    """Answer one table of metadata, as TOML has it."""
    texts = {"name": key.title(), "description": f"About {key}"}
    return {"key": key, "type": type_, "value": value, **texts}


def linked_roles(*items: Any, **settings: Any) -> LinkedRolesTable:
    """Answer a table with these metadata, whatever else is set."""
    given = {
        "issuer": "https://authentik.example.com/application/o/snowflake/",
        "client_id": "snowflake",
        "client_secret": "the upstream secret",
        "platform_name": "Example Society",
        "metadata": list(items or [metadata()]),
    }
    return LinkedRolesTable.model_validate({**given, **settings})
