import base64
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.util import urlsafe_b64encode

from snowflake.crypto.keys import MAX_KID, SigningKey, generate_key, kid_of, parse_key
from snowflake.errors import StartFault

Jwk = dict[str, Any]

# The members that the README of 002 shows, in that order, without kid.
EXAMPLE_MEMBERS = ("p", "kty", "q", "d", "e", "use", "qi", "dp", "alg", "dq", "n")


@pytest.fixture
def jwk(private_key: str) -> Jwk:
    value: Jwk = json.loads(private_key)
    return value


@pytest.fixture(scope="module")
def key(private_key: str) -> SigningKey:
    return SigningKey(parse_key(private_key, "SNOWFLAKE_PRIVATE_KEY"))


def signing_key(value: Jwk) -> SigningKey:
    return SigningKey(parse_key(json.dumps(value), "SNOWFLAKE_PRIVATE_KEY"))


def fault_of(text: str) -> str:
    with pytest.raises(StartFault) as fault:
        parse_key(text, "SNOWFLAKE_PRIVATE_KEY")
    [line] = fault.value.faults
    return line


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_a_generated_key_is_a_private_rs256_key_of_2048_bits(jwk: Jwk) -> None:
    assert (jwk["kty"], jwk["use"], jwk["alg"]) == ("RSA", "sig", "RS256")
    assert len(base64.urlsafe_b64decode(jwk["n"] + "==")) * 8 == 2048
    assert jwk["d"]
    assert jwk["kid"]


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


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "null",
        "[]",
        "5",
        '"RSA"',
        "{}",
        '{"kty": "RSA"}',
        pytest.param("[" * 100_000, id="brackets"),
        pytest.param('{"kty": "RSA", "d": ' + "[" * 100_000, id="brackets of a part"),
        '{"kty": "RSA", "d": "AQAB", "n": 5, "e": "AQAB"}',
        '{"kty": "RSA", "d": "AQAB", "n": "\u00e9", "e": "AQAB"}',
        '{"kty": "RSA", "d": null, "n": null, "e": null}',
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_what_is_no_key_stops_the_start(text: str) -> None:
    assert fault_of(text).startswith("SNOWFLAKE_PRIVATE_KEY: is not a private RSA key")


def test_keys_of_other_kinds_stop_the_start(jwk: Jwk) -> None:
    public = {name: jwk[name] for name in ("kty", "n", "e", "use", "alg")}
    elliptic = ECKey.generate_key("P-256", private=True).as_dict(private=True)
    shared = OctKey.generate_key(256).as_dict(private=True)
    for value in (public, elliptic, shared):
        assert "is not a private RSA key" in fault_of(json.dumps(value))


@pytest.mark.parametrize("use", [{"alg": "RS512"}, {"alg": "RSA-OAEP"}, {"use": "enc"}])
def test_a_key_for_another_use_stops_the_start(jwk: Jwk, use: Jwk) -> None:
    assert "another use than signing with RS256" in fault_of(json.dumps({**jwk, **use}))


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_short_key_stops_the_start() -> None:
    short = RSAKey.generate_key(1024).as_dict(private=True)
    assert fault_of(json.dumps(short)).endswith("has 1024 bits; RS256 needs at least 2048")


@pytest.mark.parametrize("kid", ["k" * (MAX_KID + 1), "ü" * 1000])
def test_a_key_whose_tokens_would_be_refused_stops_the_start(jwk: Jwk, kid: str) -> None:
    with pytest.raises(StartFault, match="a kid of over 256 characters"):
        parse_key(json.dumps({**jwk, "kid": kid}), "a key")
    parse_key(json.dumps({**jwk, "kid": kid[:MAX_KID]}), "a key")


@pytest.mark.parametrize("member", ["n", "d", "p", "q", "e"])
def test_a_key_of_which_a_part_was_changed_stops_the_start(jwk: Jwk, member: str) -> None:
    changed = {**jwk, member: ("B" if jwk[member][0] == "A" else "A") + jwk[member][1:]}
    line = fault_of(json.dumps(changed))
    assert not any(str(jwk[name]) in line for name in ("d", "p", "q", "n"))


@pytest.mark.parametrize(
    "change", [{"kid": 5}, {"kid": ""}, {"kid": None}, {"key_ops": "sign"}, {"oth": []}, {"p": 1}]
)
def test_an_odd_member_stops_the_start_or_does_no_harm(jwk: Jwk, change: Jwk) -> None:
    try:
        key = signing_key({**jwk, **change})
    except StartFault:
        return
    published = key.published()
    assert published["kid"]
    assert isinstance(published["kid"], str)
    assert key.verify(key.sign({"sub": "1"}), "JWT") == {"sub": "1"}


def test_a_token_of_another_typ_is_refused(key: SigningKey) -> None:
    with pytest.raises(ValueError, match="another kind"):
        key.verify(key.sign({"sub": "1"}), "at+jwt")


def test_a_token_of_another_key_is_refused(key: SigningKey) -> None:
    token = SigningKey(RSAKey.import_key(json.loads(generate_key()))).sign({"sub": "1"})
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
    with pytest.raises(ValueError, match="not a token that was signed here"):
        key.verify(token, "JWT")


@given(st.text(max_size=60) | st.text("eyJ0.-_A=", max_size=60))
def test_no_text_makes_it_stumble(key: SigningKey, token: str) -> None:
    with pytest.raises(ValueError, match="not a token that was signed here"):
        key.verify(token, "JWT")


def test_a_header_nested_very_deep_is_refused(key: SigningKey) -> None:
    header = base64url(b'{"alg":"RS256","x":' + b"[" * 20_000)
    token = f"{header}.e30.AA"
    with pytest.raises(ValueError, match="not a token that was signed here"):
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
    with pytest.raises(ValueError, match="not a signed token"):
        kid_of(token)
    with pytest.raises(ValueError, match="not a token that was signed here"):
        signing_key(jwk).verify(token, "JWT")
