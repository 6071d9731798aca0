"""``snowflake export`` and ``snowflake purge``: everything that is kept about one person."""

import json
from typing import Annotated, Any, NamedTuple

import typer

from snowflake.cli.as_json import show_json
from snowflake.cli.naming_people import Person
from snowflake.cli.running import with_state
from snowflake.discord.client import DiscordClient
from snowflake.errors import OAuthError
from snowflake.linked_roles.disconnecting import disconnect, revoke_upstream
from snowflake.settings import Settings
from snowflake.state import State
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.link import Link
from snowflake.store.people import Kept
from snowflake.telemetry.audit import audit

NOTHING = "Nothing is kept about this person."


def export(person: Person) -> None:
    """Show everything that is kept about a person, as JSON.

    Tokens and secrets are not shown: they are worth a login.
    """

    async def work(state: State) -> Kept:
        return await state.store.people.kept(person)

    kept = with_state(work)
    audit("export", "shown" if _is_anything(kept) else "nothing", person=person)
    show_json(_shown(person, kept))
    if not _is_anything(kept):
        typer.echo(NOTHING, err=True)


def purge(
    person: Person,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be erased, and change nothing.")
    ] = False,
) -> None:
    """Erase everything about a person, and revoke their tokens at Discord.

    What there is to be erased is said first. Whoever signed in as them has to sign in again. If
    they are linked, they are unlinked first.
    """

    async def look(state: State) -> Kept:
        return await state.store.people.kept(person)

    kept = with_state(look)
    if not _is_anything(kept):
        typer.echo(NOTHING)
        return
    typer.echo(f"Kept about {person}: {_counted(kept)}.")
    if dry_run:
        return
    if not yes:
        typer.confirm("Erase all of it? It cannot be brought back.", abort=True)
    _purge(person)


def _purge(person: str) -> None:
    async def work(state: State) -> _Purged:
        kept = await state.store.people.kept(person)
        is_withdrawn = kept.link is None or await _unlinked(kept.link, state)
        # Unlinking may have renewed the tokens, or ended them.
        left = await state.store.people.kept(person)
        await state.logout.erase(person)
        audit("purge", "erased", person=person)
        living = [
            tokens.application
            # Discord ends all of one application at once.
            for tokens in _newest(left.discord_tokens)
            if not await _revoked(tokens, state.discord, state.settings)
        ]
        return _Purged(kept, living, is_withdrawn)

    kept, living, is_withdrawn = with_state(work)
    logins, pairs = len(kept.grants), len(kept.discord_tokens)
    typer.echo(f"Erased. Logins: {logins}; pairs of Discord's tokens: {pairs}.")
    if kept.link is not None:
        typer.echo("Erased the link to an account at the upstream provider.")
    if not is_withdrawn:
        typer.echo(
            "Discord may still know what it was told of this person for linked roles: it could not "
            "be asked to forget it. The person can remove the application in Discord under User "
            "Settings, Authorized Apps."
        )
    for application in living:
        typer.echo(
            f"Discord did not revoke the tokens for application {application}, whose secret "
            "Snowflake does not have. They are erased here; the person can remove the application "
            "in Discord under User Settings, Authorized Apps."
        )


class _Purged(NamedTuple):
    """What was kept, whose tokens Discord did not revoke, and whether it forgot the linked role."""

    kept: Kept
    living: list[str]
    is_withdrawn: bool


def _counted(kept: Kept) -> str:
    parts = [
        f"logins: {len(kept.grants)}",
        f"sessions: {len(kept.sessions)}",
        f"pairs of Discord's tokens: {len(kept.discord_tokens)}",
        f"remembered answers about guilds: {len(kept.memberships)}",
    ]
    if kept.link is not None:
        parts.append("a link to an account at the upstream provider")
    return "; ".join(parts)


def _is_anything(kept: Kept) -> bool:
    lists = (kept.grants, kept.sessions, kept.discord_tokens, kept.memberships, kept.consents)
    return any(lists) or kept.link is not None


async def _unlinked(link: Link, state: State) -> bool:
    """Undo a link at Discord and upstream; erased it is in any case."""
    if state.settings.linked_roles is None:
        return False
    try:
        return await disconnect(link.person, state) != "untold"
    except OAuthError:
        await revoke_upstream(link, state)
        return False


def _newest(pairs: list[StoredTokens]) -> list[StoredTokens]:
    """Answer the newest pair for each Discord application."""
    by_age = sorted(pairs, key=lambda pair: pair.expires_at)
    return list({pair.application: pair for pair in by_age}.values())


async def _revoked(tokens: StoredTokens, discord: DiscordClient, settings: Settings) -> bool:
    is_ours = tokens.application == settings.discord_client_id
    try:
        await discord.oauth.revoke(
            client_id=tokens.application,
            client_secret=settings.discord_client_secret if is_ours else None,
            token=tokens.refresh_token or tokens.access_token,
        )
    except OAuthError:
        return False
    return True


def _shown(person: str, kept: Kept) -> dict[str, Any]:
    return {
        "person": person,
        "grants": [
            {
                "client_id": grant.client_id,
                "scopes": grant.scopes,
                "claims": dict(grant.claims),
                "auth_time": grant.auth_time,
                "expires_at": grant.expires_at,
            }
            for grant in kept.grants
        ],
        "sessions": [
            {
                "issuer": session.issuer,
                "account": json.loads(session.account.user),
                "auth_time": session.auth_time,
                "used_at": session.used_at,
                "expires_at": session.expires_at,
            }
            for session in kept.sessions
        ],
        "discord_tokens": [
            {
                "application": tokens.application,
                "scopes": sorted(tokens.scopes),
                "expires_at": tokens.expires_at,
            }
            for tokens in kept.discord_tokens
        ],
        "memberships": [
            {
                "guild": membership.guild or "all",
                "answer": json.loads(membership.answer),
                "asked_at": membership.asked_at,
            }
            for membership in kept.memberships
        ],
        "consents": [
            {
                "client_id": consent.client_id,
                "scopes": consent.scopes,
                "given_at": consent.given_at,
            }
            for consent in kept.consents
        ],
        "link": None if kept.link is None else _shown_link(kept.link),
    }


def _shown_link(link: Link) -> dict[str, Any]:
    return {
        "application": link.application,
        "issuer": link.issuer,
        "subject": link.subject,
        "claims": dict(link.claims),
        "values": dict(link.values),
        "username": link.username,
        "state": link.state,
        "linked_at": link.linked_at,
        "synced_at": link.synced_at,
    }
