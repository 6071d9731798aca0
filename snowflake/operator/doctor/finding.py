"""What a check has found."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How bad it is: a ``fault`` stops logins, a ``warning`` may; a ``note`` is to be known."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and the cure, if it needs one."""

    status: Status
    subject: str
    text: str
    cure: str = ""
