"""Whether the public keys of somebody else are where they are looked for, and are of use."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final

from snowflake.crypto.algorithms import BY_KEY
from snowflake.errors import UpstreamDown, UpstreamError
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.upstream.jwks import PrivateKey, members, read_key, verifies

UNREACHED: Final = "Mend jwks_uri, or let this machine reach it."
ELSEWHERE: Final = "Mend jwks_uri: it has to lead to a JSON Web Key Set, by itself, at any time."
PUBLISHED: Final = (
    "Make a new key there, publish its public part alone, and look who has signed with the old one."
)
NO_USE: Final = (
    f"Publish a public key for signatures by one of {', '.join(BY_KEY)}; RSA keys have 2048 bits "
    "or more."
)
#: Keys of which it is said what is wrong with them.
TOLD: Final = 3


async def key_set(
    subject: str, jwks_uri: str, fetched: Awaitable[Mapping[str, Any]]
) -> list[Finding]:
    """Look at what has been ``fetched`` from a ``jwks_uri``, key by key.

    ``fetched`` raises :class:`~snowflake.errors.UpstreamError` if that is nothing.
    """
    try:
        values = members(await fetched)
    except UpstreamDown as error:
        text = f"its keys at {jwks_uri} cannot be fetched ({error.cause})"
        return [Finding(Status.WARNING, subject, text, UNREACHED)]
    except UpstreamError as error:
        text = f"its keys at {jwks_uri} cannot be used ({error.cause})"
        return [Finding(Status.FAULT, subject, text, ELSEWHERE)]
    faults, published = _faults(values)
    findings = [] if published is None else [_published(subject, jwks_uri, published)]
    of_use = len(values) - len(faults)
    if of_use:
        text = f"{jwks_uri} has keys that verify its signatures: {of_use} of {len(values)}"
        return [*findings, Finding(Status.OK, subject, text)]
    reasons = "; ".join(faults[:TOLD]) or "it is empty"
    text = f"{jwks_uri} has no key that verifies its signatures: {reasons}"
    return [*findings, Finding(Status.FAULT, subject, text, NO_USE)]


def _faults(values: Sequence[object]) -> tuple[list[str], int | None]:
    """Answer what is wrong with which key, and which of them is private, counted from one."""
    faults, published = [], None
    for number, value in enumerate(values, 1):
        try:
            key = read_key(value)
            if not any(verifies(key, algorithm) for algorithm in BY_KEY):
                raise ValueError("is for something else, by its kty, crv, use, alg or key_ops")
        except ValueError as error:
            faults.append(f"key {number} {error}")
            published = number if isinstance(error, PrivateKey) else published
    return faults, published


def _published(subject: str, jwks_uri: str, number: int) -> Finding:
    text = f"{jwks_uri} shows everybody a key that only the application may have, number {number}"
    return Finding(Status.FAULT, subject, text, PUBLISHED)
