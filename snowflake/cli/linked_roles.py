"""``snowflake linked-roles``: the conditions at Discord, and the people who are linked."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from snowflake.cli.naming_clients import checked, discord_id
from snowflake.cli.running import with_state
from snowflake.errors import OAuthError, UpstreamError
from snowflake.linked_roles import register as conditions
from snowflake.linked_roles.background import MOST_FAILURES
from snowflake.linked_roles.connecting import unlink as undo
from snowflake.linked_roles.own import table_of
from snowflake.linked_roles.sync import sync as bring_up_to_date
from snowflake.state import State
from snowflake.store.links import ENDED, Link

#: What did not come to an end, in a summary beside the outcomes.
FAILED = "failed"
#: Characters of a subject that a table shows.
SHOWN = 24

linked_roles = typer.Typer(
    name="linked-roles",
    help="Linked roles: what Discord knows of accounts at another provider.",
    no_args_is_help=True,
)

Person = Annotated[str, typer.Option(help="The person's Discord user ID.", metavar="ID")]


@linked_roles.command()
def register(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
) -> None:
    """Put the conditions of snowflake.toml to Discord, in place of those that it has.

    What would change is shown first. Discord takes them from the bot of the application.
    """
    differences = with_state(conditions.changes)
    if not differences:
        typer.echo("Discord has these conditions already.")
        return
    for line in differences:
        typer.echo(line)
    if dry_run:
        return
    if not yes:
        typer.confirm("Put this to Discord?", abort=True)
    with_state(conditions.register)
    typer.echo("Discord has the conditions now. Servers can set them for their roles.")


@linked_roles.command()
def sync(
    person: Annotated[
        str | None, typer.Option(help="Discord user ID of one person.", metavar="ID")
    ] = None,
) -> None:
    """Ask the upstream provider about everybody who is linked, and tell Discord what has changed.

    Whoever is done stays done: stopped half way, it can be started again. Snowflake may be running.
    """

    async def work(state: State) -> Counter[str]:
        table_of(state)
        people = [link.person async for link in state.store.links.all() if link.state != ENDED]
        if person is not None:
            people = [one for one in people if one == checked(discord_id, person, "--person")]
        return await _sync_all(people, state)

    done = with_state(work)
    if person is not None and not done:
        typer.echo("This person is not linked.", err=True)
        raise typer.Exit(1)
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(done.items()))
    typer.echo(f"{done.total()} links: {outcomes}" if done else "Nobody is linked.")
    if done[FAILED]:
        raise typer.Exit(1)


async def _sync_all(people: list[str], state: State) -> Counter[str]:
    done: Counter[str] = Counter()
    failures = 0
    with typer.progressbar(people, label="Syncing") as progress:
        for person in progress:
            try:
                done[await bring_up_to_date(person, state)] += 1
                failures = 0
            except (OAuthError, UpstreamError) as error:
                done[FAILED] += 1
                failures += 1
                typer.echo(f"\n{person}: {error}", err=True)
            if failures == MOST_FAILURES:
                typer.echo("Stopped: it fails for everybody. Try again later.", err=True)
                break
    return done


@linked_roles.command("list")
def list_links(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with all values.")] = False,
) -> None:
    """List who is linked to which account."""

    async def work(state: State) -> list[Link]:
        table_of(state)
        return [link async for link in state.store.links.all()]

    links = with_state(work)
    if as_json:
        typer.echo(json.dumps([_shown(link) for link in links], indent=2, ensure_ascii=False))
        return
    rows = [("PERSON", "STATE", "USERNAME", "SUBJECT", "SYNCED"), *map(_row, links)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


@linked_roles.command()
def unlink(person: Person) -> None:
    """Undo somebody's link: at Discord, at the upstream provider, and here."""
    checked(discord_id, person, "--person")

    async def work(state: State) -> bool:
        table_of(state)
        return await undo(person, state)

    if not with_state(work):
        typer.echo("This person is not linked.", err=True)
        raise typer.Exit(1)
    typer.echo("Unlinked. Discord has forgotten what it was told of this person.")


def _row(link: Link) -> tuple[str, ...]:
    # What an upstream provider calls somebody may be anything: nothing of it reaches the terminal.
    subject = _printable(link.subject)
    return (
        link.person,
        link.state,
        _printable(link.username) or "-",
        f"{subject[:SHOWN]}…" if len(subject) > SHOWN else subject or "-",
        _time(link.synced_at),
    )


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _time(at: int) -> str:
    # Whoever is hastened is due now.
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC" if at > 0 else "due"


# JSON of a shape of ours.
def _shown(link: Link) -> dict[str, Any]:
    return {
        "person": link.person,
        "state": link.state,
        "subject": link.subject,
        "username": link.username,
        "values": dict(link.values),
        "refreshable": link.refresh_token is not None,
        "linked_at": link.linked_at,
        "synced_at": link.synced_at if link.synced_at > 0 else None,
    }
