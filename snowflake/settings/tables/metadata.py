"""``[[linked_roles.metadata]]``: the conditions that guilds can set for a linked role."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Final, Literal

from jmespath.parser import ParsedResult
from pydantic import AfterValidator, Field

from snowflake.expressions import Expression, compiled
from snowflake.settings.tables.table import Table
from snowflake.settings.values import check_line

#: What Discord compares a value with, and how, by the names of its documentation.
MetadataType = Literal[
    "integer_less_than_or_equal",
    "integer_greater_than_or_equal",
    "integer_equal",
    "integer_not_equal",
    "datetime_less_than_or_equal",
    "datetime_greater_than_or_equal",
    "boolean_equal",
    "boolean_not_equal",
]

#: The languages of Discord's clients.
LOCALES: Final = (
    "ar",
    "bg",
    "cs",
    "da",
    "de",
    "el",
    "en-GB",
    "en-US",
    "es-419",
    "es-ES",
    "fi",
    "fr",
    "he",
    "hi",
    "hr",
    "hu",
    "id",
    "it",
    "ja",
    "ko",
    "lt",
    "nl",
    "no",
    "pl",
    "pt-BR",
    "ro",
    "ru",
    "sv-SE",
    "th",
    "tr",
    "uk",
    "vi",
    "zh-CN",
    "zh-TW",
)

#: Conditions that Discord lets an application have.
MAX_METADATA: Final = 5

_KEY = re.compile(r"[a-z0-9_]{1,50}")


def _key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError("must be up to 50 of the characters a to z, 0 to 9 and _")
    return key


def _locale(locale: str) -> str:
    if locale not in LOCALES:
        raise ValueError(f"is no language of Discord's, which are {', '.join(LOCALES)}")
    return locale


Locale = Annotated[str, AfterValidator(_locale)]
Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(check_line)]
Description = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(check_line)]


class MetadataTable(Table):
    """A condition that guilds can set for a role, and where a person's value comes from."""

    key: Annotated[str, AfterValidator(_key)] = Field(
        description="What Discord knows it by: up to 50 of the characters a to z, 0 to 9 and _."
    )
    name: Name = Field(description="Its name in Discord, up to 100 characters.")
    description: Description = Field(description="Its meaning, up to 200 characters.")
    type: MetadataType = Field(
        description=(
            "How Discord compares a person's value with what the guild sets: `integer_equal`, "
            "`integer_not_equal` (whoever has no value counts as 0, and so fulfils most of these), "
            "`integer_less_than_or_equal`, `integer_greater_than_or_equal`; "
            "`datetime_less_than_or_equal` (at least so many days ago), "
            "`datetime_greater_than_or_equal` (at most so many days ago); `boolean_equal` (true) "
            "or `boolean_not_equal` (false)."
        )
    )
    value: Expression = Field(
        description="The person's value: a JMESPath expression that is searched for in the claims."
    )
    name_localizations: Mapping[Locale, Name] = Field(
        default={}, description="The name in other languages, such as `de` or `pt-BR`."
    )
    description_localizations: Mapping[Locale, Description] = Field(
        default={}, description="The description in other languages."
    )

    @cached_property
    def expression(self) -> ParsedResult:
        """The expression of ``value``."""
        return compiled(self.value)
