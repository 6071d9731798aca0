"""A JSON Web Token as somebody else has signed it (RFC 7515; RFC 8725 on what goes wrong)."""

import warnings
from collections.abc import Collection
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from snowflake.upstream.algorithms import HASHES
from snowflake.upstream.bounds import MAX_ANSWER, MAX_HEADER, MAX_SIGNATURE
from snowflake.upstream.reading import json_object


class SignedToken:
    """A token that has been taken apart. Nothing of it is proven before it ``is_signed_by`` a key.

    ``kid`` and ``algorithm`` are what its ``header`` says. Nothing else in there finds a key:
    ``jku``, ``x5u`` and ``jwk`` would let whoever forged it bring their own.
    """

    def __init__(self, token: str, algorithms: Collection[str] = frozenset(HASHES)) -> None:
        """Take a token apart, of which no key proves anything but by one of these algorithms.

        Raises:
            ValueError: it is no signed token, or asks for an extension that is not known here.
        """
        # Headers that nobody here knows are to be ignored (RFC 7515, section 4).
        self._registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
        self._registry.max_header_length = MAX_HEADER
        self._registry.max_payload_length = MAX_ANSWER
        self._registry.max_signature_length = MAX_SIGNATURE
        try:
            self._token = jws.extract_compact(token.encode(), registry=self._registry)
            # Of any type: nobody has signed it yet.
            self.header: dict[str, Any] = self._token.headers()
            self._registry.check_header(self.header)
        except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
            raise ValueError("is no signed JSON Web Token") from None
        self.algorithm: str = self.header["alg"]
        self.kid: str | None = self.header.get("kid")

    def is_signed_by(self, key: Key) -> bool:
        """Whether a key has signed it, by the algorithm that it names."""
        try:
            with warnings.catch_warnings():
                # EdDSA has got another name (RFC 9864), which providers have yet to learn.
                warnings.simplefilter("ignore", SecurityWarning)
                return jws.validate_compact(self._token, key, registry=self._registry)
        except (JoseError, ValueError, TypeError, AttributeError):
            # A key that says of itself what it is not.
            return False

    # Claims are what JSON has.
    def claims(self) -> dict[str, Any]:
        """Answer what it says.

        Raises:
            ValueError: that is no JSON object.
        """
        return json_object(self._token.payload)
