"""``/linked-role``, the verification URL that Discord knows: on to Discord's own page."""

from starlette.requests import Request
from starlette.responses import Response

from snowflake.discord.role_connections import ROLE_CONNECTIONS_WRITE
from snowflake.linked_roles.failures import told
from snowflake.linked_roles.notes import ToDiscord, new_id
from snowflake.linked_roles.own import application_of, table_of
from snowflake.linked_roles.paths import DISCORD
from snowflake.protocol import browser, pkce
from snowflake.protocol.discord import Question, discord_page
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.redirect import redirect
from snowflake.state import state_of

#: What Discord is asked for: of somebody who links, or unlinks where it takes nothing of them any
#: more that we have; and of somebody who unlinks.
WRITING, KNOWING = f"identify {ROLE_CONNECTIONS_WRITE}", "identify"


async def start(request: Request) -> Response:
    """Send the person to Discord, which asks whether they want to be linked."""
    return to_discord(request, WRITING, unlinking=False)


def to_discord(request: Request, scope: str, *, unlinking: bool) -> Response:
    """Send the person to Discord with a note that is bound to this browser.

    The cookie is that of logins and keeps the value that the browser has: where the upstream
    provider signs people in through this very Snowflake, a login begins and ends on the way.

    Raises:
        LinkUnavailable: Discord is known to be down, so that nobody could come back from it.
    """
    state, issuer = state_of(request), issuer_of(request)
    with told(table_of(state.settings).platform_name, unlinking=unlinking):
        state.discord.check_is_up()
    secure = issuer.startswith("https:")
    binding = browser.bind(request, secure=secure)
    note = ToDiscord(
        id=new_id(),
        issuer=issuer,
        browser=browser.fingerprint(binding),
        verifier=pkce.new_verifier(),
        unlinking=unlinking,
        scope=scope,
    )
    question = Question(
        client_id=application_of(state.settings).id,
        redirect_uri=issuer + DISCORD,
        scopes=scope.split(),
        verifier=note.verifier,
    )
    sealed = state.sealer.seal(note, state.clock())
    # Discord shows its page all the same to whoever has not approved of this yet.
    response = redirect(discord_page(state.settings, question, sealed, "none"))
    browser.set_cookie(response, binding, secure=secure)
    return response
