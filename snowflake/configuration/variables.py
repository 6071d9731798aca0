"""Which variables are set."""

import os

from pydantic.fields import FieldInfo

from snowflake.configuration.hints import guess
from snowflake.settings import PREFIX, Settings
from snowflake.settings.tables.table import is_secret, table_of


def variable(name: str) -> str:
    """Answer the variable of a setting."""
    return PREFIX + name.upper()


def variables_of(name: str, field: FieldInfo) -> list[str]:
    """Answer all variables that may give a setting: none for a table, two for a secret."""
    if table_of(field) is not None:
        return []
    return [variable(name), f"{variable(name)}_FILE"][: 2 if is_secret(field) else 1]


def settings_given() -> set[str]:
    """Answer the names of the settings that a variable gives. Empty counts as not set."""
    given = {name.upper() for name, value in os.environ.items() if value}
    return {
        name
        for name, field in Settings.model_fields.items()
        if given.intersection(variables_of(name, field))
    }


def unknown_variables() -> list[str]:
    """Answer a sentence for each variable that begins as ours do and is none."""
    known = {one for item in Settings.model_fields.items() for one in variables_of(*item)}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    return [f"{name} is no variable of Snowflake{guess(name, known)}" for name in unknown]
