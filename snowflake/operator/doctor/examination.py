"""The checks, in the order in which one stands on another."""

from collections.abc import AsyncIterator, Callable

from snowflake.errors import StartFault, StoreRefused, TemporarilyUnavailable
from snowflake.operator.doctor.application import application
from snowflake.operator.doctor.bot import bot
from snowflake.operator.doctor.client_keys import client_keys
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.discord import discord
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.operator.doctor.issuer import issuer
from snowflake.operator.doctor.linked_roles import linked_roles
from snowflake.operator.doctor.logouts import logouts
from snowflake.operator.doctor.native_apps import native_apps
from snowflake.operator.doctor.portal import portal
from snowflake.operator.doctor.store import store

Check = Callable[[Connections], AsyncIterator[Finding]]

#: What is looked at -> who looks.
CHECKS: dict[str, Check] = {
    "store": store,
    "Discord": discord,
    "application": application,
    "bot": bot,
    "redirects": portal,
    "clients": native_apps,
    "client keys": client_keys,
    "logouts": logouts,
    "linked roles": linked_roles,
    "issuer": issuer,
}


async def examine(connections: Connections) -> AsyncIterator[Finding]:
    """Run every check. One that fails leaves the others to be run."""
    for subject, check in CHECKS.items():
        try:
            async for finding in check(connections):
                yield finding
        except StartFault as fault:
            for line in fault.faults:
                yield Finding(Status.FAULT, subject, line)
        except StoreRefused as refused:
            yield Finding(Status.FAULT, subject, str(refused.cause))
        except TemporarilyUnavailable as error:
            reason = f" ({error.cause})" if error.cause else ""
            yield Finding(Status.FAULT, subject, error.description + reason)
