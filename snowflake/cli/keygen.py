"""``snowflake keygen``."""

import typer

from snowflake.crypto.keys import generate_key


def keygen() -> None:
    """Print a new private key to sign with.

    It is an RS256 JSON Web Key, for SNOWFLAKE_PRIVATE_KEY. Keep it secret: whoever has it can
    sign in as anybody.
    """
    typer.echo(generate_key())
