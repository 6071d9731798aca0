"""``[linked_roles]``: what Discord is told of accounts at another OpenID provider."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.parser import ParsedResult
from pydantic import AfterValidator, Field, SecretStr, field_validator

from snowflake.settings.tables.table import Table
from snowflake.settings.values import Duration, Url, within
from snowflake.uris.secure import check_secure

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
#: Characters of an expression. The parser goes deeper with each parenthesis, and not without end.
MAX_EXPRESSION: Final = 1000
#: Characters of the secret that anybody may try to guess at the hook.
MIN_HOOK_SECRET: Final = 16

_KEY = re.compile(r"[a-z0-9_]{1,50}")
_SCOPE = re.compile(r"[!#-\[\]-~]+")


def _key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError("must be up to 50 of the characters a to z, 0 to 9 and _")
    return key


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("must be one line of plain text")
    return text


def _scope(scope: str) -> str:
    if not _SCOPE.fullmatch(scope):
        raise ValueError("must be one scope, without spaces and quotes")
    return scope


def _locale(locale: str) -> str:
    if locale not in LOCALES:
        raise ValueError(f"is no language of Discord's, which are {', '.join(LOCALES)}")
    return locale


def _expression(text: str) -> str:
    compiled(text)
    return text


def _given(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value():
        raise ValueError("is empty")
    return secret


def _hard_to_guess(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < MIN_HOOK_SECRET:
        raise ValueError(f"must be at least {MIN_HOOK_SECRET} characters long and random")
    return secret


def _provider(issuer: str) -> str:
    if "?" in issuer:
        raise ValueError("must not have a query")
    parts = urlsplit(issuer)
    check_secure(parts.scheme, parts.hostname or "")
    return issuer


def compiled(text: str) -> ParsedResult:
    """Answer a JMESPath expression, ready to be searched with.

    Raises:
        ValueError: it is none, or calls a function that JMESPath does not have.
    """
    try:
        expression = jmespath.compile(text)
        _check_calls(expression.parsed)
    except (JMESPathError, RecursionError) as error:
        # The library draws over several lines where the fault is.
        place = getattr(error, "lex_position", None)
        where = f" at column {place + 1}" if isinstance(place, int) else ""
        raise ValueError(f"is no JMESPath expression: there is a fault{where}") from None
    return expression


# A node of the syntax tree holds values of any type.
def _check_calls(node: Mapping[str, Any]) -> None:
    if node["type"] == "function_expression":
        name, given = node["value"], len(node["children"])
        function = Functions.FUNCTION_TABLE.get(name)
        if function is None:
            raise ValueError(f"calls {name}, which is no function of JMESPath")
        takes = function["signature"]
        has_more = bool(takes) and takes[-1].get("variadic", False)
        if given < len(takes) or (given > len(takes) and not has_more):
            raise ValueError(f"calls {name} with {given} arguments; it takes {len(takes)}")
    for child in node["children"]:
        if isinstance(child, dict):
            _check_calls(child)


Secret = Annotated[SecretStr, AfterValidator(_given)]
HookSecret = Annotated[SecretStr, AfterValidator(_hard_to_guess)]
Locale = Annotated[str, AfterValidator(_locale)]
Short = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(_printable)]
Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_printable)]
Description = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Expression = Annotated[str, Field(max_length=MAX_EXPRESSION), AfterValidator(_expression)]


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


class LinkedRolesTable(Table):
    """The upstream provider, and what Discord is told of its people."""

    issuer: Annotated[Url, AfterValidator(_provider)] = Field(
        description="The upstream provider's issuer, to the letter. Discovery finds the rest."
    )
    client_id: Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_printable)] = (
        Field(description="Snowflake's client ID at the upstream provider.")
    )
    client_secret: Secret = Field(description="The client secret that belongs to it.")
    scopes: tuple[Annotated[str, AfterValidator(_scope)], ...] = Field(
        default=("openid", "profile", "offline_access"),
        description=(
            "What the upstream provider is asked for. Without a refresh token, for which "
            "`offline_access` asks, nothing can be kept true after the day of linking."
        ),
    )
    required_claims: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        description=(
            "Claims without which nobody is linked. A provider that neither says which scopes it "
            "has granted nor takes pushed requests (RFC 9126) needs one for each scope, which "
            "everybody has: people could take a scope out on the way."
        ),
    )
    platform_name: Annotated[
        str, Field(min_length=1, max_length=50), AfterValidator(_printable)
    ] = Field(description="What Discord calls the upstream provider, up to 50 characters.")
    username_claim: Annotated[str, Field(min_length=1)] = Field(
        default="preferred_username",
        description="The claim that Discord shows as the person's name there.",
    )
    exclusive: bool = Field(
        default=True,
        description=(
            "Whether an upstream account may be linked to one Discord account only. The newest "
            "link counts."
        ),
    )
    sync_every: Annotated[Duration, within(timedelta(minutes=1), or_zero=True)] = Field(
        default=timedelta(hours=6),
        description=(
            "How often each person's claims are asked for anew, at least a minute; `0` leaves it "
            "to `snowflake linked-roles sync` and the hook."
        ),
    )
    hook_secret: HookSecret | None = Field(
        default=None,
        description=(
            "What the upstream provider shows at the hook, at least 16 random characters. Without "
            "it there is no hook."
        ),
    )
    metadata: tuple[MetadataTable, ...] = Field(
        description="`[[linked_roles.metadata]]`: one to five conditions."
    )

    @field_validator("scopes")
    @classmethod
    def _openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("must hold openid")
        return scopes

    @field_validator("metadata")
    @classmethod
    def _few_and_unique(cls, metadata: tuple[MetadataTable, ...]) -> tuple[MetadataTable, ...]:
        if not 1 <= len(metadata) <= MAX_METADATA:
            raise ValueError(f"must be one to {MAX_METADATA}, not {len(metadata)}")
        keys = [item.key for item in metadata]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"has the key {key} more than once")
        return metadata
