"""``snowflake check``."""

from collections.abc import Callable
from typing import Final

import typer

from snowflake.cli.findings import show, show_line
from snowflake.cli.uvicorn_variables import uvicorn_variables
from snowflake.configuration import cautions, load_settings, summary, unknown_variables
from snowflake.crypto.private_keys import parse_keys
from snowflake.errors import StartFault
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.settings import Settings


def check() -> None:
    """Look at the configuration alone, as 'serve' reads it.

    It makes no file and asks nobody, so it runs anywhere that has the same variables and files,
    before a deployment for example. What cannot be used is told in a line each, and the exit status
    is 2; else it is 0, whatever there is to be warned of.
    """
    settings = load_settings()
    faults = [fault for look in LOOKS for fault in _faults(look, settings)]
    if faults:
        raise StartFault(faults)
    for name, text in summary(settings).items():
        show_line(Status.OK, f"{name}: {text}")
    for sentence in (*unknown_variables(), *cautions(settings)):
        show(Finding(Status.WARNING, "configuration", sentence))
    typer.echo("The configuration can be used.")


def _private_key(settings: Settings) -> None:
    if settings.private_key is not None:
        parse_keys(settings.private_key.get_secret_value(), "SNOWFLAKE_PRIVATE_KEY")


#: What a start finds out later than by reading the settings. Each raises StartFault.
LOOKS: Final[tuple[Callable[[Settings], object], ...]] = (
    summary,
    _private_key,
    lambda _: uvicorn_variables(),
)


def _faults(look: Callable[[Settings], object], settings: Settings) -> tuple[str, ...]:
    try:
        look(settings)
    except StartFault as fault:
        return fault.faults
    return ()
