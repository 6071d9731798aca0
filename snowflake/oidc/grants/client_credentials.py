"""The client credentials grant (RFC 6749, section 4.4): a client gets a token for itself."""

from snowflake.errors import InvalidClient, InvalidScope
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.scopes import for_machines
from snowflake.oidc.tokens.client_token import ClientToken, new_name
from snowflake.protocol.bounds import MAX_SCOPE
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.client_tokens import KeptClientToken
from snowflake.telemetry.audit import audit

#: What libraries ask for by habit. Both are about a person, and there is none.
BY_HABIT = frozenset({"openid", "offline_access"})


async def client_credentials(
    credentials: Credentials, params: Parameters, state: State
) -> ClientToken:
    """Make a token for a client that has proven who it is, and keep it.

    Raises:
        InvalidClient: it has not proven it.
        InvalidScope: it may have nothing of what it asks for.
        TemporarilyUnavailable: the store is out.
    """
    client = credentials.client
    if credentials.is_public:
        raise InvalidClient("the client must authenticate")
    scopes = _scopes(params.at_most("scope", MAX_SCOPE), client)
    now = int(state.clock())
    kept = KeptClientToken(
        client_id=client.id,
        subject=_subject(credentials),
        scopes=scopes,
        issued_at=now,
        expires_at=now + int(client.token_lifetime.total_seconds()),
    )
    token = ClientToken(new_name(client), kept)
    await state.store.client_tokens.add(token.name, kept)
    audit("client_login", "completed", subject=kept.subject)
    return token


def _scopes(sent: str | None, client: Client) -> tuple[str, ...]:
    """Answer what a client gets: of what it asks for, or all (RFC 6749, section 3.3).

    As everywhere, what it may not have is left out, which the answer tells.
    """
    asked = {*(sent or "").split()} - BY_HABIT
    may_have = for_machines(client)
    scopes = tuple(name for name in may_have if not asked or name in asked)
    if asked and not scopes:
        listed = ", ".join(may_have) or "none"
        raise InvalidScope(f"scope holds none that this client may have for itself: {listed}")
    return scopes


def _subject(credentials: Credentials) -> str:
    """Answer whom the token is about: the client, or whoever of somebody else's has proven it.

    What somebody else calls them has been found to be a line of text.
    """
    asserted = credentials.asserted
    return f"{credentials.client_id}:{asserted['sub']}" if asserted else credentials.client_id
