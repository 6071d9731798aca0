"""What all tables have in common."""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table of ``snowflake.toml``. A key that it does not know is a fault, as a typing error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
