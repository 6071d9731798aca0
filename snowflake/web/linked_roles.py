"""The pages of linked roles, and their routes."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from snowflake.linked_roles import paths
from snowflake.linked_roles.discord import discord
from snowflake.linked_roles.events import events
from snowflake.linked_roles.hook import hook
from snowflake.linked_roles.start import start
from snowflake.linked_roles.unlink import Unlinked, unlink
from snowflake.linked_roles.upstream import upstream
from snowflake.settings import Settings
from snowflake.state import state_of
from snowflake.web.pages import Link, Message, error_page, page

#: Where people have come from and go back to: their own Discord, in the browser or the app.
DISCORD: Final = "https://discord.com/channels/@me"
TO_DISCORD: Final = Link("Back to Discord", DISCORD)


def routes(settings: Settings) -> list[BaseRoute]:
    """Answer the routes of what is configured."""
    table, listed = settings.linked_roles, list[BaseRoute]()
    if table is not None:
        listed += [
            Route(paths.START, start),
            Route(paths.DISCORD, from_discord),
            Route(paths.UPSTREAM, from_upstream),
            Route(paths.UNLINK, unlinked, methods=["GET", "POST"]),
        ]
    if table is not None and table.hook_secret is not None:
        listed.append(Route(paths.HOOK, hook, methods=["POST"]))
    if settings.discord_public_key is not None:
        listed.append(Route(paths.EVENTS, events, methods=["POST"]))
    return listed


async def from_discord(request: Request) -> Response:
    """Send the person on to the upstream provider, or ask whether they want to unlink."""
    came = await discord(request)
    if isinstance(came, Response):
        return came
    # A path, so that it leads back to where this page is, whatever the issuer is called.
    action = state_of(request).settings.path + paths.UNLINK
    return page(
        "unlinking.html", request, form=True, unlinking=came, action=action, discord=DISCORD
    )


async def from_upstream(request: Request) -> Response:
    """Tell somebody that they are linked, and what Discord knows of them now."""
    linked = await upstream(request)
    own = state_of(request).settings.path + paths.UNLINK
    links = [TO_DISCORD, Link("Unlink", own)]
    return page("linked.html", request, linked=linked, links=links)


async def unlinked(request: Request) -> Response:
    """Send the person to Discord first; tell them in the end that they are unlinked."""
    done = await unlink(request)
    return error_page(request, _unlinked(done), status=200) if isinstance(done, Unlinked) else done


def _unlinked(done: Unlinked) -> Message:
    if not done.told:
        return Message(
            title="You have unlinked your account",
            explanation=(
                f"We have forgotten your account at {done.platform}, but Discord takes nothing "
                "from us about you any more, so that it may still know what it was told."
            ),
            advice=(
                "To have it forget that too, remove the connection in Discord's settings under "
                "Authorized Apps."
            ),
        )
    return Message(
        title="You have unlinked your account",
        explanation=(
            f"Discord has forgotten what it was told of your account at {done.platform}, and so "
            "have we. Roles that you had by it are gone, or will be soon."
        ),
        advice="You can close this page, or link again from the role in Discord.",
    )
