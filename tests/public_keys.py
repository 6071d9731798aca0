"""Keys of applications, and what an operator may write of them."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey, OKPKey, RSAKey

#: Made once: to make one takes long.
RSA: Final = RSAKey.generate_key(2048)
EC: Final = ECKey.generate_key("P-256")


def pem(key: RSAKey | ECKey | OKPKey, *, private: bool = False) -> str:
    return key.as_pem(private=private).decode()


def jwk(key: RSAKey | ECKey | OKPKey, *, private: bool = False, **changes: object) -> str:
    return json.dumps({**key.as_dict(private=private), **changes})


@cache
def certificate() -> str:
    """Answer a certificate of the RSA key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app.example.com")])
    key = RSA.private_key
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=begins,
        not_valid_after=begins + timedelta(days=365),
    ).sign(key, SHA256())
    return built.public_bytes(Encoding.PEM).decode()
