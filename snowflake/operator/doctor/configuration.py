"""Whether the configuration can be used."""

from snowflake.configuration import cautions, load_settings, unknown_variables
from snowflake.errors import StartFault
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.settings import Settings


def configuration() -> tuple[Settings | None, list[Finding]]:
    """Answer the settings, as ``serve`` reads them, and what there is to say of them.

    None if they cannot be used, with a finding for each fault that ``serve`` would name.
    """
    try:
        settings = load_settings()
    except StartFault as fault:
        return None, [Finding(Status.FAULT, "configuration", line) for line in fault.faults]
    doubts = [
        Finding(Status.WARNING, "configuration", sentence)
        for sentence in (*unknown_variables(), *cautions(settings))
    ]
    text = f"can be used; registered clients: {len(settings.clients)}"
    return settings, doubts or [Finding(Status.OK, "configuration", text)]
