"""The algorithms by which tokens are signed (RFC 7518, section 3.1; RFC 8037, section 3.1)."""

from typing import Final, Literal, NamedTuple

#: The names of those by a key of ours.
KeyAlgorithm = Literal["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"]


class Algorithm(NamedTuple):
    """An algorithm, and the keys that it takes: their ``kty`` and, if they have one, curve.

    ``hash`` is the function whose left half ``at_hash`` and ``c_hash`` are made of (OpenID Connect
    Core 1.0, section 3.1.3.6); that of Ed25519 itself is SHA-512. ``signature`` is the length of
    one in bytes, None where it depends on the key.
    """

    name: str
    kty: Literal["RSA", "EC", "OKP", "oct"]
    crv: str | None
    hash: Literal["sha256", "sha384", "sha512"]
    signature: int | None


RS256: Final = Algorithm("RS256", "RSA", None, "sha256", None)
#: By a secret that both sides know. It stands in no key ring, and nobody publishes it.
HS256: Final = Algorithm("HS256", "oct", None, "sha256", 32)
#: Those by a key of ours, of which others know the public part.
BY_KEY: Final = {
    algorithm.name: algorithm
    for algorithm in (
        RS256,
        Algorithm("PS256", "RSA", None, "sha256", None),
        Algorithm("ES256", "EC", "P-256", "sha256", 64),
        Algorithm("ES384", "EC", "P-384", "sha384", 96),
        Algorithm("ES512", "EC", "P-521", "sha512", 132),
        Algorithm("EdDSA", "OKP", "Ed25519", "sha512", 64),
    )
}
#: All of them, by name.
ALGORITHMS: Final = {**BY_KEY, HS256.name: HS256}


def fitting(kty: object, crv: object) -> list[Algorithm]:
    """Answer the algorithms that a key of this kind can sign by, the usual one first."""
    return [one for one in BY_KEY.values() if (one.kty, one.crv) == (kty, crv)]
