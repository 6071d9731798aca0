"""Claims by expression and a scope of the operator's own, as they stand in a ``snowflake.toml``."""

from snowflake.sandbox.discord.places import KEEPER, LIGHTHOUSE, NIGHT_SHIFT
from tests.journeys.registered import client, ids

ROLE = (
    f"guilds[?id == '{LIGHTHOUSE}'].roles[].id | "
    f"contains(@, '{KEEPER}') && 'Admin' || contains(@, '{NIGHT_SHIFT}') && 'Editor' || 'Viewer'"
)
NICKNAME = f"(guilds[?id == '{LIGHTHOUSE}'].nick | [0]) || username"
CLAIMS = f"""
[clients.claims]
role = "{ROLE}"
nickname = "{NICKNAME}"
"https://example.com/person" = "{{id: id, verified: email_verified, guilds: length(guilds)}}"
broken = "abs(name)"
"""
SCOPES = f"""
[[scopes]]
name = "membership"
description = "Since when you are a keeper of the lighthouse."
[scopes.claims]
member_since = "guilds[?id == '{LIGHTHOUSE}'].joined_at | [0]"

[[scopes]]
name = "profile"
[scopes.claims]
born = "account_created"
"""
#: "told" gets claims by expression, "limited" may not have the scope, "asking" asks for consent.
FILE = "\n".join(
    (
        SCOPES,
        client("told", CLAIMS),
        client("limited", f"scopes = {ids('profile')}"),
        client("asking", f'consent = "always"\n{CLAIMS}'),
        client("public", public=True),
    )
)
