"""``/linked-role/unlink``: by way of Discord, to know who it is, and not without being asked."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from snowflake.discord.models import User
from snowflake.discord.role_connections import ROLE_CONNECTIONS_WRITE
from snowflake.errors import NotLinked
from snowflake.linked_roles.disconnecting import disconnect
from snowflake.linked_roles.failures import brought, told
from snowflake.linked_roles.notes import ToDiscord, ToUnlink, new_id, take
from snowflake.linked_roles.own import application_of, table_of
from snowflake.linked_roles.start import KNOWING, WRITING, to_discord
from snowflake.protocol.own_pages import check_own_page
from snowflake.protocol.parameters import form
from snowflake.state import state_of
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens
from snowflake.telemetry.audit import audit
from snowflake.telemetry.metrics import LINKS


@dataclass(frozen=True, slots=True)
class Unlinking:
    """What a person is asked who is about to unlink. ``note`` comes back with their answer.

    ``account`` is their username at Discord, ``username`` the one at the ``platform``, empty if it
    is not known.
    """

    account: str
    username: str
    platform: str
    note: str


@dataclass(frozen=True, slots=True)
class Unlinked:
    """What a person is told who is not linked any more. Discord may have been ``told``, or not."""

    platform: str
    told: bool


async def unlink(request: Request) -> Response | Unlinked:
    """Send the person to Discord; or unlink them, once they have said on our page so.

    Raises:
        SentFromElsewhere: it was not said on a page of ours.
        LinkError: it cannot go on.
    """
    if request.method != "POST":
        return to_discord(request, KNOWING, unlinking=True)
    check_own_page(request)
    state = state_of(request)
    platform = table_of(state.settings).platform_name
    with told(platform, unlinking=True):
        # The cookie does not come along from other sites, and nobody can make the note.
        with brought():
            params = await form(request)
            note = await take(ToUnlink, params.get("note"), request, state)
        outcome = await disconnect(note.person, state)
        if outcome == "absent":
            raise NotLinked(platform)
    LINKS.labels("unlinked").inc()
    audit("unlink", outcome, client=application_of(state.settings).id, person=note.person)
    return Unlinked(platform, told=outcome == "undone")


async def unlinking(
    request: Request, came: ToDiscord, tokens: StoredTokens, user: User
) -> Response | Unlinking:
    """Ask somebody who has come back from Discord whether they want to unlink.

    Where we have nothing with which it could be undone at Discord, as of a link that has ended long
    ago, they go there once more to allow it.

    Raises:
        NotLinked: they are not linked.
    """
    state = state_of(request)
    platform = table_of(state.settings).platform_name
    link = await state.store.links.find(user.id)
    if link is None:
        raise NotLinked(platform)
    if ROLE_CONNECTIONS_WRITE in tokens.scopes:
        # Should those that we have be worth nothing, it could not be undone at Discord.
        await state.store.discord_tokens.put(tokens)
    elif came.scope == KNOWING and not await _can_write(tokens, state.store.discord_tokens):
        return to_discord(request, WRITING, unlinking=True)
    note = ToUnlink(id=new_id(), issuer=came.issuer, browser=came.browser, person=user.id)
    return Unlinking(
        account=user.account,
        username=link.username,
        platform=platform,
        note=state.sealer.seal(note, state.clock()),
    )


async def _can_write(tokens: StoredTokens, discord_tokens: DiscordTokens) -> bool:
    """Whether those tokens that we have of the same person are good for role connections."""
    kept = await discord_tokens.find(tokens.application, tokens.person)
    return kept is not None and ROLE_CONNECTIONS_WRITE in kept.scopes
