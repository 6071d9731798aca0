"""How a login ends, as the metrics and the audit log hear of it."""

from snowflake.telemetry.audit import audit
from snowflake.telemetry.metrics import LOGINS


def login_ended(outcome: str, *, person: str | None = None) -> None:
    """Tell that a login has ended: ``completed``, or with an error by this name."""
    LOGINS.labels(outcome).inc()
    audit("login", outcome, person=person)
