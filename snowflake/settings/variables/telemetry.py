"""What is logged and measured."""

from typing import Literal

from pydantic import Field

from snowflake.settings.values import Listen
from snowflake.settings.variables.variables import Variables


class TelemetryVariables(Variables):
    """What is logged and measured."""

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="`debug`, `info`, `warning` or `error`."
    )
    log_format: Literal["pretty", "json"] | None = Field(
        default=None, description="`pretty` or `json`. By default `pretty` on a terminal."
    )
    log_people: bool = Field(
        default=False,
        description=(
            "Name people in the log, by their Discord user ID. At the level `debug` they are named "
            "in any case."
        ),
    )
    metrics: Listen = Field(
        default=None,
        description=(
            "Address at which `snowflake serve` shows metrics for Prometheus, at `/metrics`: "
            "`127.0.0.1:9100`, or `:9100` for all interfaces. `off`, the default, shows none. "
            "Keep it from the public: it has a port of its own, so that no reverse proxy "
            "publishes it by accident."
        ),
    )
