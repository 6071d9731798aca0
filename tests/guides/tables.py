"""Tables of the documents that are made of the code.

``python -m tests.guides.tables`` writes them, wherever a document has a place for them.
"""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta

import durationpy
from pydantic.fields import FieldInfo
from starlette.routing import Route

from snowflake.configuration.variables import variable, variables_of
from snowflake.oidc.scopes import BUILT_IN
from snowflake.people.document import FIELDS
from snowflake.settings import Settings
from snowflake.settings.registry import Registry
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.trusts import TrustTable
from snowflake.settings.tables.groups import GroupsTable
from snowflake.settings.tables.linked_roles import LinkedRolesTable
from snowflake.settings.tables.metadata import MetadataTable
from snowflake.settings.tables.pages import PagesTable
from snowflake.settings.tables.scopes import ScopeTable
from snowflake.settings.tables.table import Table, is_secret, may_stand_in_file
from snowflake.telemetry.audit import EVENTS
from snowflake.web.routes import routes
from tests.guides.documents import DOCUMENTS, ROOT, text_of

CLAIMS = {
    "sub": (
        "ID of the Discord account, or "
        "[another name](registered-clients.md#who-somebody-is-to-an-application)"
    ),
    "name": "display name, else the username",
    "preferred_username": "username",
    "nickname": "username, which is unique, as some applications need it",
    "locale": "locale of the Discord account",
    "picture": "URL of the avatar, or of Discord's default one",
    "email": "e-mail address",
    "email_verified": "whether Discord has verified it",
    "groups": "list of groups, each once; empty if there are none",
    "group_names": "object from each ID in `groups` to its name, if `[groups] names_claim` is set",
    "group_guilds": "list of the IDs in `groups` that are guilds; the others are roles",
    "discord": "the Discord account in one object, under Discord's own names",
}
ENDPOINTS = {
    "/": "leads to where `SNOWFLAKE_ROOT_REDIRECT` says",
    "/authorize": "authorization endpoint",
    "/r/{redirect_uri}": "where Discord sends people back to",
    "/callback": "the same, for registered clients",
    "/token": "token endpoint",
    "/userinfo": "UserInfo endpoint; the token in the header or in a form",
    "/.well-known/openid-configuration": "discovery document",
    "/.well-known/oauth-authorization-server": "discovery document, by its name in RFC 8414",
    "/.well-known/jwks.json": "JSON Web Key Set",
    "/clients/{client_id}/.well-known/openid-configuration": (
        "discovery document of a client's [own issuer](registered-clients.md#an-issuer-of-its-own)"
    ),
    "/clients/{client_id}/.well-known/jwks.json": "the same JSON Web Key Set",
    "/clients/{client_id}/.well-known/oauth-authorization-server": (
        "that discovery document, by its name in RFC 8414"
    ),
    "/.well-known/oauth-authorization-server/clients/{client_id}": (
        "the same, where RFC 8414 looks for it"
    ),
    "/.well-known/webfinger": "WebFinger, for `acct:` addresses of the domains that you allow",
    "/logout": "end session endpoint",
    "/account": "a person's own page, where [sessions](sessions.md#a-page-for-everybody) are kept",
    "/device_authorization": "where [devices without a browser]"
    "(registered-clients.md#devices-without-a-browser) begin",
    "/device": "where people let them sign in",
    "/consent": "asks what a client may learn that has [`consent`](registered-clients.md#consent)",
    "/revoke": "revocation endpoint",
    "/introspect": "introspection endpoint, for the client that owns the token",
    "/linked-role": "where Discord sends people who want a linked role",
    "/linked-role/discord": "where Discord sends them back to",
    "/linked-role/upstream": "where the upstream provider sends them back to",
    "/linked-role/unlink": "undoes a person's link, once they have confirmed it",
    "/linked-roles/hook": "the upstream provider says that somebody has changed",
    "/discord/events": "Discord says that somebody has removed the application",
    "/ready": "200 if the store can be reached, else 503",
    "/health": "200 as long as the process serves requests",
    "/docs": "interactive API documentation, if switched on",
    "/openapi.json": "OpenAPI document, if switched on",
}
TYPES = {
    "Mapping": "table",
    "Table": "table",
    "timedelta": "duration",
    "tuple": "list",
    "Literal": "choice",
    "bool": "boolean",
    "Path": "path",
    "'int'": "number",
    "[int,": "number",
}
Row = tuple[str, ...]


def scopes() -> Iterable[Row]:
    client = Registry(Settings()).find("anybody")
    assert client is not None
    for name, scope in BUILT_IN.items():
        asked = " ".join(f"`{discord}`" for discord in sorted(scope.discord(client)))
        yield f"`{name}`", scope.description, asked


def claims() -> Iterable[Row]:
    for name, scope in BUILT_IN.items():
        for claim in scope.claims:
            yield f"`{claim}`", f"`{name}`", CLAIMS[claim]


def endpoints() -> Iterable[Row]:
    for route in routes(_with_everything()):
        path = getattr(route, "path", "").replace(":path", "")
        if isinstance(route, Route) and path not in {"/docs/start.js", "/docs/look.css"}:
            methods = sorted((route.methods or set()) - {"HEAD"})
            yield f"`{path}`", ", ".join(methods), ENDPOINTS[path]


def settings() -> Iterable[Row]:
    for name, field in Settings.model_fields.items():
        if variables_of(name, field):
            yield f"`{variable(name)}`", _type(field), field.description or "", _default(field)


def keys(table: type[Table]) -> Callable[[], Iterable[Row]]:
    """Answer what makes the table of a table of ``snowflake.toml``."""

    def rows() -> Iterable[Row]:
        for name, field in table.model_fields.items():
            either = f"`{name}` or `{name}_file`" if may_stand_in_file(field) else f"`{name}`"
            yield either, _type(field), field.description or "", _default(field)

    return rows


def person() -> Iterable[Row]:
    for field, meaning in FIELDS.items():
        yield f"`{field}`", meaning


def audited() -> Iterable[Row]:
    for event, meaning in EVENTS.items():
        what, _, outcomes = meaning.partition(": ")
        yield f"`{event}`", what, outcomes


TABLES: dict[str, Callable[[], Iterable[Row]]] = {
    "scopes": scopes,
    "claims": claims,
    "endpoints": endpoints,
    "settings": settings,
    "audit": audited,
    "groups": keys(GroupsTable),
    "access": keys(AccessTable),
    "clients": keys(ClientTable),
    "clients.trusts": keys(TrustTable),
    "scopes_of_your_own": keys(ScopeTable),
    "person": person,
    "pages": keys(PagesTable),
    "linked_roles": keys(LinkedRolesTable),
    "linked_roles.metadata": keys(MetadataTable),
}


def places(text: str) -> list[str]:
    """Answer the names of the tables that a document has a place for."""
    return re.findall(r"^<!-- /(.+) -->$", text, re.MULTILINE)


def written(text: str) -> str:
    """Answer a document with its tables as the code has them."""
    for name in set(places(text)) & set(TABLES):
        table = "".join(f"| {' | '.join(row)} |\n" for row in TABLES[name]())
        mark = re.escape(name)
        pattern = rf"(<!-- {mark} -->\n.*\n\|[-|]+\|\n)(?:\|.*\n)*(<!-- /{mark} -->)"
        text, count = re.subn(pattern, rf"\g<1>{table}\g<2>", text)
        assert count == 1, f"the place for the table {name} has no head, or is there twice"
    return text


def _with_everything() -> Settings:
    """Answer settings with which every path is served."""
    metadata = {"key": "a", "name": "A", "description": "A", "type": "boolean_equal", "value": "a"}
    table = LinkedRolesTable.model_validate(
        {
            "issuer": "https://id.example.com",
            "client_id": "snowflake",
            "client_secret": "a secret",
            "platform_name": "Example Society",
            "hook_secret": "the secret of the hook",
            "metadata": [metadata],
        }
    )
    return Settings(enable_docs=True, linked_roles=table, discord_public_key="0" * 64)


def _type(field: FieldInfo) -> str:
    if is_secret(field):
        return "secret"
    annotation = str(field.annotation)
    return next((word for kind, word in TYPES.items() if kind in annotation), "string")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    match field.default:
        case None | () | "" | {}:
            return ""
        case bool(value):
            text = str(value).lower()
        case timedelta() as value:
            text = durationpy.to_str(value)
        case tuple(values):
            text = ",".join(values)
        case value:
            text = str(value)
    return f"`{text}`"


if __name__ == "__main__":
    for document in DOCUMENTS:
        (ROOT / document).write_text(written(text_of(document)), "utf-8")
