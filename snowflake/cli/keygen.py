"""``snowflake keygen``."""

from typing import Annotated

import typer

from snowflake.crypto.algorithms import BY_KEY, KeyAlgorithm
from snowflake.crypto.private_keys import generate_key


def keygen(
    *,
    alg: Annotated[
        KeyAlgorithm, typer.Option("--alg", help="The algorithm by which it signs.")
    ] = "RS256",
) -> None:
    """Print a new private key to sign with.

    It is a JSON Web Key, for SNOWFLAKE_PRIVATE_KEY. Keep it secret: whoever has it can sign in as
    anybody.
    """
    typer.echo(generate_key(BY_KEY[alg]))
