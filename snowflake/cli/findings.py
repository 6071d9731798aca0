"""How a finding is printed."""

import typer

from snowflake.operator.doctor.finding import Finding, Status
from snowflake.people.visible import visible

COLOURS = {
    Status.OK: typer.colors.GREEN,
    Status.NOTE: typer.colors.BLUE,
    Status.WARNING: typer.colors.YELLOW,
    Status.FAULT: typer.colors.RED,
}


def show(finding: Finding) -> None:
    """Print a line: how bad it is, what was found, and the cure."""
    stop = "" if finding.text.endswith("?") else "."
    show_line(finding.status, f"{finding.subject}: {finding.text}{stop} {finding.cure}".rstrip())


def show_line(status: Status, line: str) -> None:
    """Print a line with how bad it is in front, in a colour where that is seen."""
    # Others choose the names of guilds and roles, and may mean them for the terminal.
    typer.echo(typer.style(f"{status:8}", fg=COLOURS[status]) + visible(line))
