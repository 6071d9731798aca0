"""The ``snowflake`` command, one file a subcommand."""

import sys
from typing import Annotated

import typer

from snowflake import __version__
from snowflake.cli.authentik import authentik
from snowflake.cli.check import check
from snowflake.cli.clients import clients
from snowflake.cli.copy_store import copy_store
from snowflake.cli.doctor import doctor
from snowflake.cli.keygen import keygen
from snowflake.cli.keys import keys
from snowflake.cli.linked_roles import linked_roles
from snowflake.cli.people import export, purge
from snowflake.cli.preview import preview
from snowflake.cli.sandbox import sandbox
from snowflake.cli.serve import serve
from snowflake.errors import OAuthError, StartFault, StoreRefused, TemporarilyUnavailable

#: Exit status of a configuration that cannot be used.
MISCONFIGURED = 2

app = typer.Typer(
    name="snowflake",
    help=(
        "Snowflake lets Discord act as a standard OpenID Connect provider.\n\n"
        "New here? 'snowflake sandbox' shows a whole login on this machine, without a Discord "
        "account. Then 'snowflake serve' is the real thing."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(serve)
app.command()(sandbox)
app.command()(keygen)
app.add_typer(keys)
app.add_typer(clients)
app.add_typer(linked_roles)
app.command()(export)
app.command()(purge)
app.command("copy-store")(copy_store)
app.command()(authentik)
app.command()(check)
app.command()(doctor)
app.command()(preview)


def main() -> None:
    """Run the command line. A configuration that cannot be used ends it, a line per fault."""
    try:
        app()
    except StartFault as fault:
        for line in fault.faults:
            typer.echo(line, err=True)
        sys.exit(MISCONFIGURED)
    except StoreRefused as refused:
        typer.echo(refused.cause, err=True)
        sys.exit(MISCONFIGURED)
    except OAuthError as error:
        # Applications are not told the cause; whoever sits here is the one to mend it.
        cause = error.cause if isinstance(error, TemporarilyUnavailable) else None
        typer.echo(f"{error.description} ({cause})" if cause else error.description, err=True)
        sys.exit(1)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"snowflake {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    pass
