"""``snowflake sessions``: who is signed in, and signing them out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import typer

from snowflake.cli.as_json import AsJson, show_json
from snowflake.cli.as_table import show_table
from snowflake.cli.naming_people import person_id
from snowflake.cli.running import with_state
from snowflake.errors import StartFault
from snowflake.settings.registry import ACCOUNT
from snowflake.state import State
from snowflake.store.session_ends import Which
from snowflake.store.sessions import Participant, Session

Perhaps = Annotated[
    str | None,
    typer.Option(
        "--person", help="Of this person alone, by Discord user ID.", metavar="ID", parser=person_id
    ),
]


def list_sessions(*, person: Perhaps = None, as_json: AsJson = False) -> None:
    """List who is signed in, and to which clients."""

    async def work(state: State) -> list[_Listed]:
        sessions = state.store.sessions
        found = await sessions.of_person(person)
        return [_Listed(one, await sessions.participants(one)) for one in found]

    listed = with_state(work)
    if as_json:
        show_json([_shown(one) for one in listed])
        return
    heads = ("PERSON", "SIGNED IN", "LAST USED", "ENDS", "CLIENTS")
    show_table(heads, map(_row, listed))


def end(
    *,
    person: Perhaps = None,
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Sign a person out of everything, or everybody, and tell the clients.

    Logins with offline_access end as well. Clients hear of it by their servers, if they have a
    backchannel_logout_uri, from a running Snowflake.
    """
    if (person is None) is not everybody:
        raise StartFault(["name a person with --person, or everybody with --all"])
    if everybody and not yes:
        typer.confirm("Sign everybody out?", abort=True)

    async def work(state: State) -> list[str]:
        own = state.settings.discord_client_id
        if own is None:
            return []
        return await state.logout.end(Which(person=person, application=own), offline=True)

    ended = with_state(work)
    typer.echo(f"Ended. Sessions: {len(ended)}.")


class _Listed(NamedTuple):
    session: Session
    clients: list[Participant]


def _row(listed: _Listed) -> Sequence[str]:
    session = listed.session
    times = (session.auth_time, session.used_at, session.expires_at)
    clients = ", ".join(
        "(account page)" if client.client_id == ACCOUNT else client.client_id
        for client in listed.clients
    )
    return (session.person, *map(_time, times), clients)


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def _shown(listed: _Listed) -> dict[str, Any]:
    session = listed.session
    return {
        "person": session.person,
        "auth_time": session.auth_time,
        "began_at": session.began_at,
        "used_at": session.used_at,
        "expires_at": session.expires_at,
        "clients": [
            {
                "client_id": client.client_id,
                "sid": client.sid,
                "first_at": client.first_at,
                "last_at": client.last_at,
            }
            for client in listed.clients
        ],
    }
