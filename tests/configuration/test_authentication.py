"""``authentication`` and the keys that go with it."""

import json
from pathlib import Path

import pytest

from tests.configuration.conftest import APPLICATION, Faults, Load
from tests.configuration.test_loading import CLIENT
from tests.public_keys import EC, RSA, pem

HEAD = f"{APPLICATION}{CLIENT}"
BY_KEY = f'{HEAD}authentication = "private_key_jwt"\n'
LONG = "0123456789abcdef0123456789abcdef"
HASHED = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$9DwGHLKtDjPM1NGnpPLBcw"
TWICE = 'authentication = "private_key_jwt"\njwks_uri = "https://a.example/"'
X, Y = (EC.as_dict(private=False)[name] for name in ("x", "y"))


@pytest.mark.parametrize(
    ("lines", "method"),
    [
        ('secret = "s"', "client_secret"),
        ("public = true", "none"),
        ('public = true\nauthentication = "none"', "none"),
        (f'secret = "{LONG}"\nauthentication = "client_secret_jwt"', "client_secret_jwt"),
    ],
)
def test_how_a_client_proves_itself(load: Load, lines: str, method: str) -> None:
    [client] = load(HEAD + lines).clients
    assert client.method == method


def test_a_key_of_its_own_needs_no_secret(load: Load, file: Path) -> None:
    file.with_name("app.pem").write_text(pem(RSA))
    file.with_name("app.json").write_text(json.dumps({"keys": [EC.as_dict(private=False)]}))
    inline = f'jwks = {{ keys = [{{ kty = "EC", crv = "P-256", x = "{X}", y = "{Y}" }}] }}'
    for lines, key in (
        (f"public_key = '''{pem(EC)}'''", EC),
        ('public_key_file = "app.pem"', RSA),
        ('jwks_file = "app.json"', EC),
        (inline, EC),
    ):
        [client] = load(BY_KEY + lines).clients
        [known] = client.verification_keys
        assert known.thumbprint() == key.thumbprint()


def test_keys_may_be_published(load: Load) -> None:
    for uri in ("https://ci.example.com/jwks", "http://127.0.0.1:8000/jwks"):
        [client] = load(f'{BY_KEY}jwks_uri = "{uri}"').clients
        assert client.jwks_uri == uri


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('authentication = "private_key_jwt"', "private_key_jwt needs one of jwks, jwks_uri"),
        (
            f"{TWICE}\npublic_key = '''{pem(EC)}'''",
            "private_key_jwt needs one of jwks, jwks_uri",
        ),
        ('authentication = "private_key_jwt"\njwks_uri = "http://a.example/"', "must be https://"),
        ('authentication = "private_key_jwt"\njwks = { keys = [] }', "holds no key"),
        ('authentication = "private_key_jwt"\njwks = "x"', "is no JSON Web Key Set"),
        ('authentication = "private_key_jwt"\njwks = { keys = [1] }', "is neither a PEM"),
        (
            f"authentication = 'private_key_jwt'\npublic_key = '''{pem(RSA, private=True)}'''",
            "public_key: is a private key",
        ),
        ('secret = "s"\nauthentication = "client_secret_jwt"', "at least 32 bytes"),
        (f'secret = "{HASHED}"\nauthentication = "client_secret_jwt"', "the secret itself"),
        ('authentication = "client_secret"', "needs a secret or a secret_file"),
        ('secret = "s"\nauthentication = "none"', "is for a client with public = true"),
        ('public = true\nauthentication = "private_key_jwt"', "says that it proves who it is"),
        (f"secret = 's'\npublic_key = '''{pem(EC)}'''", 'is for authentication = "private_key'),
        ('secret = "s"\nauthentication = "tls_client_auth"', "must be 'client_secret'"),
    ],
    ids=range(14),
)
def test_what_cannot_be_is_told_at_the_start(faults: Faults, lines: str, fault: str) -> None:
    [told] = faults(HEAD + lines)
    assert "grafana" in told
    assert fault in told


@pytest.mark.parametrize(
    ("hosts", "is_open"),
    [
        ('["*"]', True),
        ('["id.example.com", "*.example.org"]', True),
        ('["id.example.com", "id.example.org"]', False),
        ("[]", False),
    ],
)
@pytest.mark.parametrize("issuer", ["", 'issuer = "https://id.example.com"\n'])
def test_a_jwt_is_for_a_name_that_somebody_has_said_is_ours(
    load: Load, faults: Faults, hosts: str, issuer: str, *, is_open: bool
) -> None:
    """Else a server to which the client proves itself by the same key could be it here.

    It would send the JWT on with its own name as ``Host``.
    """
    text = f"{issuer}allowed_hosts = {hosts}\n{BY_KEY}jwks_uri = 'https://ci.example.com/jwks'"
    if not is_open or issuer:
        assert load(text).clients
        return
    [told] = faults(text)
    assert "authentication: needs SNOWFLAKE_ISSUER" in told


def test_a_jwt_by_a_secret_proves_nothing_new_to_whoever_knows_that_secret(load: Load) -> None:
    secret = f'authentication = "client_secret_jwt"\nsecret = "{"s" * 32}"'
    assert load(f'allowed_hosts = ["*"]\n{HEAD}{secret}').clients
