"""``snowflake doctor``."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import asdict

import typer

from snowflake.cli.as_json import AsJson, show_json
from snowflake.cli.findings import show
from snowflake.operator.doctor.configuration import configuration
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.examination import examine
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.settings import Settings
from snowflake.telemetry.logs import configure_logs


def doctor(*, as_json: AsJson = False) -> None:
    """Look for what is wrong, and say how to mend it.

    It changes nothing and shows a secret to nobody but who gave it: Discord, and the provider of
    linked roles. Run it where Snowflake runs, with the same configuration. The exit status is 1 if
    there is a fault.
    """
    tell = _pass_by if as_json else show
    settings, findings = configuration()
    for finding in findings:
        tell(finding)
    if settings is not None:
        # JSON stands alone on standard output.
        configure_logs(settings.model_copy(update={"log_level": "error"}), sys.stderr)
        findings += asyncio.run(_examine(settings, tell))
    if as_json:
        show_json([asdict(finding) for finding in findings])
    if any(finding.status is Status.FAULT for finding in findings):
        raise typer.Exit(1)


def _pass_by(_: Finding) -> None:
    """Say nothing yet: JSON is printed whole, at the end."""


async def _examine(settings: Settings, tell: Callable[[Finding], None]) -> list[Finding]:
    findings: list[Finding] = []
    async with Connections.open(settings) as connections:
        async for finding in examine(connections):
            tell(finding)
            findings.append(finding)
    return findings
