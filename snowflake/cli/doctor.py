"""``snowflake doctor``."""

import asyncio

import typer

from snowflake.doctor.configuration import configuration
from snowflake.doctor.connections import Connections
from snowflake.doctor.examination import examine
from snowflake.doctor.finding import Finding, Status
from snowflake.logs import configure_logs
from snowflake.settings import Settings
from snowflake.visible import visible

COLOURS = {
    Status.OK: typer.colors.GREEN,
    Status.NOTE: typer.colors.BLUE,
    Status.WARNING: typer.colors.YELLOW,
    Status.FAULT: typer.colors.RED,
}


def doctor() -> None:
    """Look for what is wrong, and say how to mend it.

    It changes nothing and shows a secret to nobody but who gave it: Discord, and the provider of
    linked roles. Run it where Snowflake runs, with the same configuration. The exit status is 1 if
    there is a fault.
    """
    settings, findings = configuration()
    for finding in findings:
        _show(finding)
    if settings is not None:
        configure_logs(settings.model_copy(update={"log_level": "error"}))
        findings += asyncio.run(_examine(settings))
    if any(finding.status is Status.FAULT for finding in findings):
        raise typer.Exit(1)


async def _examine(settings: Settings) -> list[Finding]:
    findings: list[Finding] = []
    async with Connections.open(settings) as connections:
        async for finding in examine(connections):
            _show(finding)
            findings.append(finding)
    return findings


def _show(finding: Finding) -> None:
    status = typer.style(f"{finding.status:8}", fg=COLOURS[finding.status])
    stop = "" if finding.text.endswith("?") else "."
    line = f"{finding.subject}: {finding.text}{stop} {finding.cure}".rstrip()
    # Others choose the names of guilds and roles, and may mean them for the terminal.
    typer.echo(status + visible(line))
