"""``snowflake export`` and ``snowflake purge``: everything that is kept about one person."""

from typing import Annotated

import typer

from snowflake.cli.as_json import show_json
from snowflake.cli.naming_people import Person
from snowflake.cli.running import with_state
from snowflake.linked_roles.erasing import Erased, erase
from snowflake.state import State
from snowflake.store.export import exported, is_anything, is_erasable
from snowflake.store.people import Kept
from snowflake.telemetry.audit import audit

NOTHING = "Nothing is kept about this person."
ONLY_LOGOUTS = (
    "Nothing is kept about this person but that applications are yet to be told that they have "
    "signed out. That is over within a day."
)


def export(person: Person) -> None:
    """Show everything that is kept about a person, as JSON.

    Tokens and secrets are not shown: they are worth a login.
    """

    async def work(state: State) -> Kept:
        return await state.store.people.kept(person)

    kept = with_state(work)
    audit("export", "shown" if is_anything(kept) else "nothing", person=person)
    show_json(exported(person, kept))
    if not is_anything(kept):
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
    if not is_erasable(kept):
        typer.echo(ONLY_LOGOUTS if kept.logouts else NOTHING)
        return
    typer.echo(f"Kept about {person}: {_counted(kept)}.")
    if dry_run:
        return
    if not yes:
        typer.confirm("Erase all of it? It cannot be brought back.", abort=True)
    _purge(person)


def _purge(person: str) -> None:
    async def work(state: State) -> Erased:
        return await erase(person, state)

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
