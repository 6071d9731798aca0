"""The command line: ``commands`` lists every subcommand, each of which is a module of its own.

Nothing is read here, so that a worker process of ``serve`` reads of it what it needs alone.
"""

import sys

from snowflake import __version__


def main() -> None:
    """Run the command line. Who asks for the version alone gets it without that is read."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"snowflake {__version__}\n")
        return
    # Typer takes four fifths of the time in which a command begins.
    from snowflake.cli.commands import run  # noqa: PLC0415

    run()
