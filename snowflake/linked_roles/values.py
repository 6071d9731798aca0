"""From the claims of a person to the values that Discord compares.

Each value is a string of 1 to 100 characters. One that is missing or does not fit its type is
*withheld*: written so that it fulfils no condition that a guild is likely to set. A 0 alone would
not do: it is less than or equal to most numbers, equal to what some guild names, and not true,
which is just what ``boolean_not_equal`` wants. Leaving a value out would not do either, for Discord
then keeps the old one.

With ``integer_not_equal`` nothing can be withheld: a number is equal to one number alone, and
Snowflake does not know which one a guild has named. It is written as 0, so that only "not 0" is
kept from whoever has no value. For more than that, compare in the expression and use a boolean.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import structlog

from snowflake.expressions import Unsearchable, search
from snowflake.linked_roles.bounds import MAX_INTEGER, MAX_USERNAME
from snowflake.settings.tables.linked_roles import LinkedRolesTable
from snowflake.settings.tables.metadata import MetadataTable, MetadataType

# The ends of 32 bits, beyond which no guild is to be expected to set a number.
_LARGE: Final = str(2**31 - 1)
_SMALL: Final = str(-(2**31))
_LONG_AGO: Final = "1970-01-01T00:00:00Z"
_FAR_AHEAD: Final = "2999-12-31T00:00:00Z"

_log = structlog.get_logger(__name__)


class Unfit(ValueError):
    """What an expression found is no value of the type."""


# An expression may find anything that JSON holds.
def _integer(found: Any) -> str:
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Unfit("not a number")
    if isinstance(found, float) and not found.is_integer():
        raise Unfit("not a whole number")
    if abs(found) > MAX_INTEGER:
        raise Unfit("too large a number")
    return str(int(found))


def _datetime(found: Any) -> str:
    """Write an ISO 8601 string, or a Unix time in seconds, in UTC; without an offset it is UTC."""
    try:
        if isinstance(found, str):
            moment = datetime.fromisoformat(found)
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        elif isinstance(found, int | float) and not isinstance(found, bool):
            moment = datetime.fromtimestamp(found, UTC)
        else:
            raise Unfit("not a date")
    except (OverflowError, OSError, ValueError):
        raise Unfit("not a date") from None
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _boolean(found: Any) -> str:
    # Some providers write booleans as text. A string is not true for merely being there.
    text = found.lower() if isinstance(found, str) else found
    if text in (True, "true"):
        return "1"
    if text in (False, "false"):
        return "0"
    raise Unfit("neither true nor false")


class _Kind(NamedTuple):
    write: Callable[[Any], str]
    withheld: str


_KINDS: Final[Mapping[MetadataType, _Kind]] = {
    "integer_less_than_or_equal": _Kind(_integer, _LARGE),
    "integer_greater_than_or_equal": _Kind(_integer, _SMALL),
    "integer_equal": _Kind(_integer, _LARGE),
    # No number equals all that a guild may name; "not 0" is the likeliest.
    "integer_not_equal": _Kind(_integer, "0"),
    # The guild sets a number of days: these are "so long ago at least" and "so long ago at most".
    "datetime_less_than_or_equal": _Kind(_datetime, _FAR_AHEAD),
    "datetime_greater_than_or_equal": _Kind(_datetime, _LONG_AGO),
    "boolean_equal": _Kind(_boolean, "0"),
    "boolean_not_equal": _Kind(_boolean, "1"),
}


def values_of(claims: Mapping[str, Any], table: LinkedRolesTable) -> dict[str, str]:
    """Answer the value of each metadata key for a person with these claims."""
    return {metadata.key: _value(claims, metadata) for metadata in table.metadata}


def zeroed(table: LinkedRolesTable) -> dict[str, str]:
    """Answer the values of a person of whom nothing holds any more: all of them withheld."""
    return {metadata.key: _KINDS[metadata.type].withheld for metadata in table.metadata}


def username_of(claims: Mapping[str, Any], table: LinkedRolesTable) -> str:
    """Answer how the person is called upstream, in one line; empty if nobody says so."""
    name = claims.get(table.username_claim)
    if not isinstance(name, str):
        return ""
    printable = "".join(character for character in name if character.isprintable())
    return printable.strip()[:MAX_USERNAME].rstrip()


def _value(claims: Mapping[str, Any], metadata: MetadataTable) -> str:
    kind = _KINDS[metadata.type]
    try:
        return kind.write(_found(claims, metadata))
    except Unfit as unfit:
        # The key and the reason, never what was found: it says something of the person. Not louder,
        # for a claim that most people lack is missing at every sync of theirs.
        _log.debug("linked_roles_value_withheld", key=metadata.key, reason=str(unfit))
        return kind.withheld


def _found(claims: Mapping[str, Any], metadata: MetadataTable) -> Any:
    try:
        found = search(metadata.expression, dict(claims))
    except Unsearchable:
        raise Unfit("the expression does not fit the claims, or takes too many steps") from None
    if found is None:
        raise Unfit("missing")
    return found
