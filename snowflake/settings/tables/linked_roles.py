"""``[linked_roles]``: what Discord is told of accounts at another OpenID provider."""

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr, field_validator

from snowflake.settings.tables.metadata import MAX_METADATA, MetadataTable
from snowflake.settings.tables.table import Table
from snowflake.settings.values import Duration, OtherIssuer, check_line, within

#: Characters of the secret that anybody may try to guess at the hook.
MIN_HOOK_SECRET: Final = 16

_SCOPE = re.compile(r"[!#-\[\]-~]+")


def _scope(scope: str) -> str:
    if not _SCOPE.fullmatch(scope):
        raise ValueError("must be one scope, without spaces and quotes")
    return scope


def _given(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value():
        raise ValueError("is empty")
    return secret


def _hard_to_guess(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < MIN_HOOK_SECRET:
        raise ValueError(f"must be at least {MIN_HOOK_SECRET} characters long and random")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_given)]
PlatformName = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(check_line)]
HookSecret = Annotated[SecretStr, AfterValidator(_hard_to_guess)]


class LinkedRolesTable(Table):
    """The upstream provider, and what Discord is told of its people."""

    issuer: OtherIssuer = Field(
        description="The upstream provider's issuer, to the letter. Discovery finds the rest."
    )
    client_id: Annotated[str, Field(min_length=1, max_length=256), AfterValidator(check_line)] = (
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
    platform_name: PlatformName = Field(
        description="What Discord calls the upstream provider, up to 50 characters."
    )
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
