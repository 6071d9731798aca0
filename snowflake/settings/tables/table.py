"""What all tables have in common."""

from inspect import isclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic.fields import FieldInfo


class Table(BaseModel):
    """A table of ``snowflake.toml``. A key that it does not know is a fault, as a typing error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def is_secret(field: FieldInfo) -> bool:
    """Whether a field holds a secret, and may therefore be read from a file."""
    # An optional one that is checked stands a level deeper.
    return SecretStr in map(_unchecked, (field.annotation, *get_args(field.annotation)))


def table_of(field: FieldInfo) -> type[Table] | None:
    """Answer the kind of table that a field holds, one or several; None if it holds a value."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if isclass(kind) and issubclass(kind, Table)), None)


# A type, of which there is no more precise type.
def _unchecked(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
