"""Reasons not to start."""

from collections.abc import Sequence

from snowflake.errors.root import SnowflakeError


class StartFault(SnowflakeError):
    """Snowflake cannot start as it is configured.

    ``faults`` holds one readable line per fault, without secrets.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
