"""Who else may say that somebody is a registered client (RFC 7521, section 4.2).

A machine that a platform has given an identity to (a workload) has no secret to keep: it shows what
the platform has signed.
"""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from snowflake.expressions import Expression
from snowflake.settings.tables.clients.credentials import ClientId, CredentialKeys
from snowflake.settings.tables.table import Table
from snowflake.settings.values import OtherIssuer, SecureUrl, check_line
from snowflake.uris.regular_expressions import PATTERN, compile_expression

#: Characters of a subject. Some platforms put all that they know into it.
MAX_SUBJECT: Final = 1000


def _subject(text: str) -> str:
    if text.startswith(PATTERN):
        compile_expression(text.removeprefix(PATTERN))
    elif "*" in text:
        # It may stand in a subject, but nobody writes one who does not mean anything.
        raise ValueError(
            f"holds a *, but is compared to the letter; a pattern begins with {PATTERN}, as in "
            f"'{PATTERN}repo:my-org/my-app:.*'"
        )
    return text


Subject = Annotated[
    str, Field(max_length=MAX_SUBJECT), AfterValidator(check_line), AfterValidator(_subject)
]


class TrustTable(Table):
    """An issuer, and which of its tokens count."""

    issuer: OtherIssuer = Field(
        description="Who signs the tokens: their `iss`, to the letter. Discovery finds its keys."
    )
    jwks_uri: SecureUrl | None = Field(
        default=None, description="Where its keys are, for an issuer without discovery."
    )
    audience: (
        Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(check_line)] | None
    ) = Field(
        default=None,
        description="What has to be in their `aud`. By default `SNOWFLAKE_ISSUER`.",
    )
    subject: Subject | None = Field(
        default=None,
        description=(
            "Their `sub`, to the letter. One that begins with `regex:` is a regular expression "
            "for the whole, as in `'regex:repo:my-org/my-app:.*'`."
        ),
    )
    claims: Expression | None = Field(
        default=None,
        description="A JMESPath expression that has to come to `true` for their claims.",
    )

    @model_validator(mode="after")
    def _of_somebody(self) -> "TrustTable":
        """Refuse to trust everybody by accident.

        At an issuer for all the world, anybody has a token made for whatever audience they like.
        """
        if self.subject is None and self.claims is None:
            raise ValueError(
                "needs subject or claims, or everybody of that issuer is this client; if that is "
                f"meant, say subject = '{PATTERN}.*'"
            )
        return self

    def has_subject(self, subject: str) -> bool:
        """Whether what a token says of its subject is what it has to say."""
        if self.subject is None:
            return True
        if not self.subject.startswith(PATTERN):
            return subject == self.subject
        pattern = compile_expression(self.subject.removeprefix(PATTERN))
        return subject.isascii() and pattern.fullmatch(subject) is not None


class TrustKeys(CredentialKeys):
    """By whose tokens it proves who it is."""

    trusts: tuple[TrustTable, ...] = Field(
        default=(),
        description=(
            "`[[clients.trusts]]`: issuers whose tokens prove that a machine is this client, in "
            "place of its own credentials."
        ),
    )

    federated_clients: tuple[ClientId, ...] = Field(
        default=(),
        description=(
            "IDs of other clients. An access token that one of them got by `client_credentials` "
            "proves that it is this client too; and it may introspect and revoke this client's "
            "tokens."
        ),
    )

    @property
    def trusts_others(self) -> bool:
        """Whether somebody else may say who is this client."""
        return bool(self.trusts or self.federated_clients)

    @model_validator(mode="after")
    def _has_something_to_prove(self) -> "TrustKeys":
        """Refuse to have proven what a public client needs no proof of."""
        if self.public and self.trusts_others:
            raise ValueError("is public, and has trusts or federated_clients; choose one")
        return self
