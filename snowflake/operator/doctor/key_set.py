"""Whether the public keys of somebody else are where they are looked for, and are of use."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from snowflake.crypto.algorithms import BY_KEY
from snowflake.errors import UpstreamDown, UpstreamError
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.upstream.jwks import PrivateKey, members, read_key, verifies

UNREACHED: Final = "Mend {key}, or let this machine reach it."
ELSEWHERE: Final = "Mend {key}: it has to lead to a JSON Web Key Set, by itself, at any time."
PUBLISHED: Final = (
    "Make a new key there, publish its public part alone, and look who has signed with the old one."
)
NO_USE: Final = (
    "Publish a public key for signatures by one of {algorithms}; RSA keys have 2048 bits or more."
)
#: Keys of which it is said what is wrong with them.
TOLD: Final = 3


class Source(NamedTuple):
    """Whose keys are where, by which ``key`` of the configuration, for which algorithms."""

    subject: str
    url: str
    key: str = "jwks_uri"
    algorithms: tuple[str, ...] = tuple(BY_KEY)


async def key_set(source: Source, fetched: Awaitable[Mapping[str, Any]]) -> list[Finding]:
    """Look at what has been ``fetched`` from a source, key by key.

    ``fetched`` raises :class:`~snowflake.errors.UpstreamError` if that is nothing.
    """
    subject, url = source.subject, source.url
    try:
        values = members(await fetched)
    except UpstreamDown as error:
        text = f"its keys at {url} cannot be fetched ({error.cause})"
        return [Finding(Status.WARNING, subject, text, UNREACHED.format(key=source.key))]
    except UpstreamError as error:
        text = f"its keys at {url} cannot be used ({error.cause})"
        return [Finding(Status.FAULT, subject, text, ELSEWHERE.format(key=source.key))]
    faults, published = _faults(values, source.algorithms)
    findings = [] if published is None else [_published(source, published)]
    of_use = len(values) - len(faults)
    if of_use:
        text = f"{url} has keys that verify its signatures: {of_use} of {len(values)}"
        return [*findings, Finding(Status.OK, subject, text)]
    reasons = "; ".join(faults[:TOLD]) or "it is empty"
    text = f"{url} has no key that verifies its signatures: {reasons}"
    cure = NO_USE.format(algorithms=", ".join(source.algorithms))
    return [*findings, Finding(Status.FAULT, subject, text, cure)]


def _faults(values: Sequence[object], algorithms: Sequence[str]) -> tuple[list[str], int | None]:
    """Answer what is wrong with which key, and which of them is private, counted from one."""
    faults, published = [], None
    for number, value in enumerate(values, 1):
        try:
            key = read_key(value)
            if not any(verifies(key, algorithm) for algorithm in algorithms):
                raise ValueError("is for something else, by its kty, crv, use, alg or key_ops")
        except ValueError as error:
            faults.append(f"key {number} {error}")
            published = number if isinstance(error, PrivateKey) else published
    return faults, published


def _published(source: Source, number: int) -> Finding:
    text = f"{source.url} shows everybody a key that only its owner may have, number {number}"
    return Finding(Status.FAULT, source.subject, text, PUBLISHED)
