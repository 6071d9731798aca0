"""What all tables have in common."""

from inspect import isclass
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo


class Table(BaseModel):
    """A table of ``snowflake.toml``. A key that it does not know is a fault, as a typing error.

    Pydantic gets ready to check one when one is made: most are there to be put together.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True
    )


#: What a field is marked with that holds no secret, and may be read from a file even so.
STANDS_IN_FILE: Final[JsonDict] = {"stands_in_file": True}


def may_stand_in_file(field: FieldInfo) -> bool:
    """Whether what a field holds may be read from a file of its own, named by ``x_file``."""
    return is_secret(field) or field.json_schema_extra == STANDS_IN_FILE


def is_secret(field: FieldInfo) -> bool:
    """Whether a field holds a secret."""
    # An optional one that is checked stands a level deeper.
    return SecretStr in map(_unchecked, (field.annotation, *get_args(field.annotation)))


def table_of(field: FieldInfo) -> type[Table] | None:
    """Answer the kind of table that a field holds, one or several; None if it holds a value."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if isclass(kind) and issubclass(kind, Table)), None)


# A type, of which there is no more precise type.
def _unchecked(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
