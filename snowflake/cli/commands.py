"""The program ``snowflake``: ``COMMANDS`` lists every subcommand, and where it is.

A subcommand's module is read when it runs, with all that it needs: what only lists them, as help,
completion and ``--version`` do, reads none.
"""

import sys
from typing import Annotated, Final

import typer

from snowflake import __version__
from snowflake.cli.on_demand import OnDemand, function_at
from snowflake.errors import OAuthError, StartFault, StoreRefused, TemporarilyUnavailable

#: Exit status of a configuration that cannot be used.
MISCONFIGURED = 2

#: Subcommand -> its function, as ``module.function``, and the first line of that one's help.
COMMANDS: Final = {
    "serve": ("serve.serve", "Serve Snowflake."),
    "sandbox": ("sandbox.sandbox", "Try Snowflake on this machine, with a simulated Discord."),
    "guide": ("guide.guide", "Read a guide, such as 'snowflake guide authentik'."),
    "keygen": ("keygen.keygen", "Print a new private key to sign with."),
    "export": ("people.export", "Show everything that is kept about a person, as JSON."),
    "purge": (
        "people.purge",
        "Erase everything about a person, and revoke their tokens at Discord.",
    ),
    "copy-store": (
        "copy_store.copy_store",
        "Copy a whole store, for example from SQLite to PostgreSQL.",
    ),
    "authentik": (
        "authentik.authentik",
        "Print a blueprint for Authentik that makes the source for Discord.",
    ),
    "check": ("check.check", "Look at the configuration alone, as 'serve' reads it."),
    "doctor": ("doctor.doctor", "Look for what is wrong, and say how to mend it."),
    "preview": (
        "preview.preview",
        "Show what a client would get of a person, and which condition says what.",
    ),
    "keys list": (
        "keys.list_keys",
        "List the keys that are published, and say what each is there for.",
    ),
    "keys rotate": (
        "keys.rotate",
        "Make a new key. It is published at once and signs three hours later.",
    ),
    "sessions list": ("sessions.list_sessions", "List who is signed in, and to which clients."),
    "sessions end": (
        "sessions.end",
        "Sign a person out of everything, or everybody, and tell the clients.",
    ),
    "clients new": ("clients.new", "Print a new client, to be added to snowflake.toml."),
    "clients hash": (
        "clients.hash_secret",
        "Print the hash of a client secret, for 'secret' in snowflake.toml.",
    ),
    "linked-roles register": (
        "linked_roles.register",
        "Put the conditions of snowflake.toml to Discord, in place of those that it has.",
    ),
    "linked-roles sync": (
        "linked_roles.sync",
        "Ask the upstream provider about everybody who is linked, and tell Discord.",
    ),
    "linked-roles list": ("linked_roles.list_links", "List who is linked to which account."),
    "linked-roles unlink": (
        "linked_roles.unlink",
        "Undo somebody's link: at Discord, at the upstream provider, and here.",
    ),
}
#: The first word of subcommands that belong together -> its help.
GROUPS: Final = {
    "keys": "List and rotate the keys that sign tokens.",
    "sessions": "Who is signed in, and signing them out.",
    "clients": "Registered clients, for snowflake.toml.",
    "linked-roles": "Linked roles: what Discord knows of accounts at another provider.",
}

app = typer.Typer(
    name="snowflake",
    help=(
        "Snowflake lets Discord act as a standard OpenID Connect provider.\n\n"
        "New here? 'snowflake sandbox' shows a whole login on this machine, without a Discord "
        "account. Then 'snowflake serve' is the real thing."
    ),
    # Of all below, too.
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_groups = {name: typer.Typer(help=text, no_args_is_help=True) for name, text in GROUPS.items()}
for _name, _group in _groups.items():
    app.add_typer(_group, name=_name, short_help=GROUPS[_name])
for _name, (_place, _help) in COMMANDS.items():
    _first, _, _last = _name.rpartition(" ")
    _parent = _groups.get(_first, app)
    _parent.command(_last, cls=OnDemand, short_help=_help)(function_at(_place))


def run() -> None:
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
