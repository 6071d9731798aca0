import base64
import hmac
import json
from contextlib import suppress
from typing import Any

import jwt as pyjwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey, import_key
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from snowflake.crypto.algorithms import ALGORITHMS, BY_KEY
from snowflake.crypto.keys import PUBLIC, Signer, SigningKey, audience_of, by_secret, kid_of
from snowflake.crypto.private_keys import generate_key, parse_key

Jwk = dict[str, Any]

# The members that the README of 002 shows, in that order, without kid.
EXAMPLE_MEMBERS = ("p", "kty", "q", "d", "e", "use", "qi", "dp", "alg", "dq", "n")

HS256 = "eyJhbGciOiJIUzI1NiJ9"


@pytest.fixture
def jwk(private_key: str) -> Jwk:
    value: Jwk = json.loads(private_key)
    return value


@pytest.fixture(scope="module")
def key(private_key: str) -> SigningKey:
    return parse_key(private_key, "SNOWFLAKE_PRIVATE_KEY")


def signing_key(value: Jwk) -> SigningKey:
    return parse_key(json.dumps(value), "SNOWFLAKE_PRIVATE_KEY")


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_a_key_in_the_form_of_the_contract_signs(jwk: Jwk) -> None:
    key = signing_key({name: jwk[name] for name in EXAMPLE_MEMBERS})
    assert key.verify(key.sign({"sub": "1"}), "JWT") == {"sub": "1"}


def test_a_key_without_kid_gets_its_thumbprint(jwk: Jwk) -> None:
    bare = {name: jwk[name] for name in EXAMPLE_MEMBERS}
    published = signing_key(bare).published()
    assert published["kid"] == RSAKey.import_key(bare).thumbprint()


def test_a_kid_of_its_own_stays(jwk: Jwk) -> None:
    published = signing_key({**jwk, "kid": "mine"}).published()
    assert published["kid"] == "mine"


def test_a_key_that_a_browser_exported_for_signing_signs_and_verifies(jwk: Jwk) -> None:
    key = signing_key({**jwk, "key_ops": ["sign"], "ext": True})
    assert key.verify(key.sign({"sub": "1"}), "JWT") == {"sub": "1"}


def test_only_the_public_part_is_published(jwk: Jwk) -> None:
    published = signing_key(jwk).published()
    assert published == {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        **{name: jwk[name] for name in ("kid", "n", "e")},
    }


def test_what_is_published_verifies_what_was_signed(jwk: Jwk) -> None:
    key = signing_key(jwk)
    token = jwt.decode(key.sign({"sub": "1"}), RSAKey.import_key(key.published()), ["RS256"])
    assert token.header == {"alg": "RS256", "kid": jwk["kid"], "typ": "JWT"}
    assert token.claims == {"sub": "1"}


def test_a_token_of_another_typ_is_refused(key: SigningKey) -> None:
    with pytest.raises(ValueError, match="another kind"):
        key.verify(key.sign({"sub": "1"}), "at+jwt")


def test_a_token_of_another_key_is_refused(key: SigningKey) -> None:
    token = parse_key(generate_key(), "another").sign({"sub": "1"})
    with pytest.raises(ValueError, match="not a token that was signed here"):
        key.verify(token, "JWT")


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(jwk: Jwk) -> None:
    key = signing_key(jwk)
    public = RSAKey.import_key(jwk).as_pem(private=False)
    by_secret = base64url(b'{"alg":"HS256","typ":"JWT"}') + "." + base64url(b"{}")
    by_nobody = base64url(b'{"alg":"none","typ":"JWT"}') + "." + base64url(b"{}")
    signature = base64url(hmac.digest(public, by_secret.encode(), "sha256"))
    for forged in (f"{by_secret}.{signature}", f"{by_nobody}."):
        with pytest.raises(ValueError, match="not a token that was signed here"):
            key.verify(forged, "JWT")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
header_names = st.sampled_from(["alg", "typ", "kid", "crit", "b64", "zip", "jwk", "jku", "x5c"])


@given(st.dictionaries(header_names, json_values | st.just("RS256") | st.just(["b64"]), max_size=5))
def test_no_header_makes_it_stumble(key: SigningKey, header: dict[str, object]) -> None:
    token = f"{base64url(json.dumps(header).encode())}.e30.AA"
    with pytest.raises(ValueError, match=r"not a (signed token|token that was signed here)"):
        key.verify(token, "JWT")


@given(st.text(max_size=60) | st.text("eyJ0.-_A=", max_size=60))
def test_no_text_makes_it_stumble(key: SigningKey, token: str) -> None:
    with pytest.raises(ValueError, match=r"not a (signed token|token that was signed here)"):
        key.verify(token, "JWT")


def test_a_header_nested_very_deep_is_refused(key: SigningKey) -> None:
    header = base64url(b'{"alg":"RS256","x":' + b"[" * 20_000)
    token = f"{header}.e30.AA"
    with pytest.raises(ValueError, match=r"not a (signed token|token that was signed here)"):
        key.verify(token, "JWT")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
HEADERS = ANYTHING | st.fixed_dictionaries(
    {"alg": st.just("RS256") | ANYTHING},
    optional=dict.fromkeys(("kid", "typ", "crit", "b64", "jwk", "zip"), ANYTHING),
)


def token_of(header: bytes) -> str:
    return f"{urlsafe_b64encode(header).decode()}.e30.e30"


@given(HEADERS)
def test_a_header_of_whatever_types_names_a_key_or_none_or_is_refused(header: object) -> None:
    token = token_of(json.dumps(header).encode())
    try:
        kid = kid_of(token)
    except ValueError:
        return
    assert isinstance(header, dict)
    named = header.get("kid")
    assert kid == (named if isinstance(named, str) else None)


@given(st.text() | st.binary().map(token_of))
def test_what_is_no_header_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="not a signed token"):
        kid_of(token)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [100, 1000, 1500])
def test_a_header_of_many_brackets_is_refused(jwk: Jwk, opening: bytes, depth: int) -> None:
    token = token_of(b'{"alg":"RS256","x":' + depth * opening)
    for read in (kid_of, lambda token: signing_key(jwk).verify(token, "JWT")):
        with pytest.raises(ValueError, match="not a signed token"):
            read(token)


@pytest.fixture(scope="module")
def signers() -> dict[str, Signer]:
    made = {name: parse_key(generate_key(one), name) for name, one in BY_KEY.items()}
    return {**made, "HS256": by_secret("a secret of more than thirty-two characters")}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_algorithm_signs_what_it_verifies(signers: dict[str, Signer], name: str) -> None:
    signer = signers[name]
    token = signer.sign({"sub": "\u00e9"}, "at+jwt")
    header = json.loads(urlsafe_b64decode(token.split(".")[0].encode()))
    # Nothing else, and no kid of a secret that nobody publishes.
    names = {"alg", "typ", "kid"} if name in BY_KEY else {"alg", "typ"}
    assert header.keys() == names
    assert (header["alg"], header["typ"]) == (name, "at+jwt")
    assert signer.verify(token, "at+jwt") == {"sub": "\u00e9"}
    longest = len(token)
    assert len(signer.sign_within(longest, {"sub": "\u00e9"}, "at+jwt") or "") == longest
    assert signer.sign_within(longest - 1, {"sub": "\u00e9"}, "at+jwt") is None


@pytest.mark.parametrize("name", BY_KEY)
def test_what_is_published_of_each_is_public_and_verifies(
    signers: dict[str, Signer], name: str
) -> None:
    key = signers[name]
    assert isinstance(key, SigningKey)
    published = key.published()
    assert published.keys() == {"kty", "kid", "use", "alg", *PUBLIC[ALGORITHMS[name].kty]}
    assert (published["alg"], published["use"], published["kid"]) == (name, "sig", key.kid)
    # By a library that shares nothing with ours.
    claims = pyjwt.decode(key.sign({"sub": "1"}), pyjwt.PyJWK(published), algorithms=[name])
    assert claims == {"sub": "1"}


def test_a_token_is_verified_by_the_algorithm_of_the_key_alone(signers: dict[str, Signer]) -> None:
    for name, signer in signers.items():
        _, payload, signature = signer.sign({"sub": "1"}).split(".")
        for other in {*ALGORITHMS, "none", "HS512", "Ed25519", "RS512", "ES256K"} - {name}:
            header = base64url(json.dumps({"alg": other, "typ": "JWT"}).encode())
            with pytest.raises(ValueError, match="not a token that was signed here"):
                signer.verify(f"{header}.{payload}.{signature}", "JWT")


def test_an_rsa_key_of_one_algorithm_takes_no_signature_of_the_other(jwk: Jwk) -> None:
    rs256, ps256 = signing_key(jwk), signing_key({**jwk, "alg": "PS256"})
    for one, other in ((rs256, ps256), (ps256, rs256)):
        with pytest.raises(ValueError, match="not a token that was signed here"):
            one.verify(other.sign({"sub": "1"}), "JWT")


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_signature_of_whatever_length_is_refused(signers: dict[str, Signer], name: str) -> None:
    signer = signers[name]
    content, _, signature = signer.sign({"sub": "1"}).rpartition(".")
    good = urlsafe_b64decode(signature.encode())
    odd = [b"", b"\0", good[:-1], good + b"\0", b"\0" + good, bytes(len(good)), good * 2]
    odd += [b"\xff" * len(good), good[::-1], b"\x30\x06\x02\x01\x01\x02\x01\x01"]
    for bad in odd:
        with pytest.raises(ValueError, match="not a token that was signed here"):
            signer.verify(f"{content}.{base64url(bad)}", "JWT")


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize(
    "more",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": "b64"},
        {"crit": ["b64"], "b64": False},
        {"jwk": {"kty": "oct", "k": "AA"}},
        {"zip": "DEF"},
    ],
)
def test_a_header_that_asks_for_more_is_refused(
    signers: dict[str, Signer], name: str, more: dict[str, object]
) -> None:
    header = base64url(json.dumps({"alg": name, "typ": "JWT", **more}).encode())
    payload, signature = signers[name].sign({"sub": "1"}).split(".")[1:]
    with pytest.raises(ValueError, match="not a token that was signed here"):
        signers[name].verify(f"{header}.{payload}.{signature}", "JWT")


@pytest.mark.parametrize("name", BY_KEY)
def test_no_public_key_is_taken_for_a_secret(signers: dict[str, Signer], name: str) -> None:
    key = signers[name]
    assert isinstance(key, SigningKey)
    public = import_key(key.published())
    assert not isinstance(public, OctKey)
    content = base64url(b'{"alg":"HS256","typ":"JWT"}') + "." + base64url(b"{}")
    for secret in (public.as_pem(private=False), json.dumps(key.published()).encode()):
        signature = base64url(hmac.digest(secret, content.encode(), "sha256"))
        with pytest.raises(ValueError, match="not a token that was signed here"):
            key.verify(f"{content}.{signature}", "JWT")


@pytest.mark.parametrize(
    "secret",
    ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx9m5hFqjY0gNqFq1gD7oKQYCw8tuh1Y1ZcHqV3JX8K"],
)
def test_no_public_key_is_a_secret(secret: str) -> None:
    with pytest.raises(ValueError, match="public keys"):
        by_secret(secret)


def test_a_secret_is_the_bytes_of_its_text() -> None:
    # OpenID Connect Core 1.0, section 10.1.
    secret = "\u00e9\U0001f989 and more than thirty-two bytes"
    token = by_secret(secret).sign({"sub": "1"})
    assert pyjwt.decode(token, secret.encode(), algorithms=["HS256"]) == {"sub": "1"}


@pytest.mark.parametrize(
    ("payload", "audience"),
    [
        (b'{"aud": "wiki"}', "wiki"),
        (b'{"aud": ["wiki"]}', None),
        (b'{"aud": 5}', None),
        (b"{}", None),
        (b"[]", None),
        (b"5", None),
    ],
)
def test_a_token_says_for_whom_it_is(payload: bytes, audience: str | None) -> None:
    assert audience_of(f"{HS256}.{base64url(payload)}.AA") == audience


@given(st.binary() | st.just(b"[" * 100_000))
def test_whatever_the_payload_is_it_is_read_or_refused(payload: bytes) -> None:
    with suppress(ValueError):
        audience_of(f"{HS256}.{base64url(payload)}.AA")
