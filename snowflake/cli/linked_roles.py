"""``snowflake linked-roles``: the conditions at Discord, and the people who are linked."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import typer

from snowflake.cli.as_json import AsJson, show_json
from snowflake.cli.as_table import show_table
from snowflake.cli.naming_people import Person, person_id
from snowflake.cli.running import with_state
from snowflake.errors import OAuthError, UpstreamError, UpstreamRefused
from snowflake.linked_roles import register as conditions
from snowflake.linked_roles.disconnecting import Disconnected, disconnect
from snowflake.linked_roles.everybody import MOST_FAILURES, concerns_all
from snowflake.linked_roles.own import application_of, table_of, upstream_of
from snowflake.linked_roles.sync import Refusals
from snowflake.linked_roles.sync import sync as bring_up_to_date
from snowflake.linked_roles.values import zeroed
from snowflake.people.visible import visible
from snowflake.state import State
from snowflake.store.link import ENDED, LOST, Link
from snowflake.telemetry.audit import audit

#: What did not come to an end, in a summary beside the outcomes.
FAILED = "failed"
REFUSES_EVERYBODY = (
    "Stopped: the upstream provider refuses everybody, as if it had lost what it knew of them. "
    "Nobody else is ended. See to it, then start again."
)
#: What is said of Discord after somebody was unlinked.
TOLD = "Discord has forgotten what it was told of this person."
UNTOLD = (
    "Discord's tokens of this person have ended, so that it may still know what it was told; they "
    "can remove the application in Discord under User Settings, Authorized Apps."
)
#: Characters of a subject that a table shows.
SHOWN = 24


def register(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
) -> None:
    """Put the conditions of snowflake.toml to Discord, in place of those that it has.

    What would change is shown first. Discord takes them from the bot of the application.
    """
    differences = with_state(lambda state: conditions.changes(state.discord, state.settings))
    if not differences:
        typer.echo("Discord has these conditions already.")
        return
    for line in differences:
        typer.echo(line)
    if dry_run:
        return
    if not yes:
        typer.confirm("Put this to Discord?", abort=True)
    with_state(lambda state: conditions.register(state.discord, state.settings))
    typer.echo("Discord has the conditions now. Servers can set them for their roles.")


def sync(
    person: Annotated[
        str | None,
        typer.Option(help="Discord user ID of one person.", metavar="ID", parser=person_id),
    ] = None,
) -> None:
    """Ask the upstream provider about everybody who is linked, and tell Discord.

    Those come first who wait longest: stopped half way, it can be started again. Snowflake may be
    running.
    """

    async def work(state: State) -> Counter[str]:
        table_of(state.settings)
        people: Sequence[tuple[str, int | None]] = [(person, None)] if person else ()
        return await _sync_all(people or await state.store.links.by_age(), state)

    done = with_state(work)
    if person is not None and done["gone"]:
        typer.echo("This person is not linked.", err=True)
        raise typer.Exit(1)
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(done.items()))
    typer.echo(f"{done.total()} links: {outcomes}" if done else "Nobody is linked.")
    if done["elsewhere"]:
        typer.echo("Elsewhere: linked with another issuer than yours now; they have to link again.")
    if done["unasked"]:
        typer.echo("Unasked: linked without a refresh token, so that nobody can be asked.")
    if done[FAILED]:
        raise typer.Exit(1)


async def _sync_all(people: Sequence[tuple[str, int | None]], state: State) -> Counter[str]:
    done: Counter[str] = Counter()
    failures, refusals = 0, Refusals()
    with typer.progressbar(people, label="Syncing") as progress:
        for person, seen in progress:
            try:
                done[await bring_up_to_date(person, state, refusals, seen=seen)] += 1
                failures = 0
            except (OAuthError, UpstreamError, ValueError) as error:
                done[FAILED] += 1
                # A row that was swapped with another is a fault of one person's alone.
                failures += not isinstance(error, ValueError) and concerns_all(error)
                typer.echo(f"\n{person}: {error}", err=True)
                if isinstance(error, UpstreamRefused):
                    typer.echo(REFUSES_EVERYBODY, err=True)
                    break
            if failures == MOST_FAILURES:
                typer.echo("Stopped: it fails for everybody. Try again later.", err=True)
                break
    return done


def list_links(*, as_json: AsJson = False) -> None:
    """List who is linked to which account.

    JSON has the values, too, that Discord was told.
    """

    async def work(state: State) -> list[_Listed]:
        table_of(state.settings)
        people = [person async for person in state.store.links.people()]
        return [await _look_up(person, state) for person in people]

    listed = with_state(work)
    if as_json:
        show_json([_shown(one) for one in listed])
        return
    heads = ("PERSON", "STATE", "USERNAME", "SUBJECT", "SYNCED", "NOTE")
    show_table(heads, map(_row, listed))


def unlink(person: Person) -> None:
    """Undo somebody's link: at Discord, at the upstream provider, and here."""

    async def work(state: State) -> Disconnected:
        table_of(state.settings)
        outcome = await disconnect(person, state)
        if outcome != "absent":
            audit("unlink", outcome, client=application_of(state.settings).id, person=person)
        return outcome

    outcome = with_state(work)
    if outcome == "absent":
        typer.echo("This person is not linked.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Unlinked. {TOLD if outcome == 'undone' else UNTOLD}")


class _Listed(NamedTuple):
    person: str
    #: None if the row cannot be read.
    link: Link | None
    note: str


async def _look_up(person: str, state: State) -> _Listed:
    try:
        link = await state.store.links.find(person)
    except (OAuthError, ValueError):
        link = None
    return _Listed(person, link, _note(link, state))


def _note(link: Link | None, state: State) -> str:
    """Say what an operator may have to do something about; empty if nothing."""
    nothing = zeroed(table_of(state.settings))
    if link is None:
        return "cannot be read: damaged, or sealed under another key"
    if link.state == ENDED:
        held = link.values and link.values != nothing
        return "the role may still be held: Discord could not be told" if held else ""
    if link.issuer != upstream_of(state).issuer:
        return "of another issuer: has to link again"
    return "" if link.refresh_token or link.state == LOST else "never brought up to date"


def _row(listed: _Listed) -> tuple[str, ...]:
    link = listed.link
    if link is None:
        return (listed.person, "-", "-", "-", "-", listed.note)
    # What an upstream provider calls somebody may be anything: nothing of it commands the terminal.
    subject = visible(link.subject)
    return (
        link.person,
        link.state,
        visible(link.username) or "-",
        f"{subject[:SHOWN]}…" if len(subject) > SHOWN else subject or "-",
        _time(link.synced_at),
        listed.note,
    )


def _time(at: int) -> str:
    # Whoever is hastened is due now.
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC" if at > 0 else "due"


# JSON of a shape of ours.
def _shown(listed: _Listed) -> dict[str, Any]:
    link = listed.link
    if link is None:
        return {"person": listed.person, "note": listed.note}
    return {
        "person": link.person,
        "state": link.state,
        "subject": link.subject,
        "username": link.username,
        "values": dict(link.values),
        "refreshable": link.refresh_token is not None,
        "linked_at": link.linked_at,
        "synced_at": link.synced_at if link.synced_at > 0 else None,
        "note": listed.note,
    }
