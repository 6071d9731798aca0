import base64
import json
from typing import Any, Literal

import pytest
from joserfc.jwk import OctKey, OKPKey, RSAKey, import_key

from snowflake.crypto.algorithms import BY_KEY
from snowflake.crypto.keys import MAX_KID, PUBLIC, SigningKey
from snowflake.crypto.private_keys import PRIVATE, generate_key, parse_key, parse_keys
from snowflake.errors import StartFault

Jwk = dict[str, Any]


@pytest.fixture
def jwk(private_key: str) -> Jwk:
    value: Jwk = json.loads(private_key)
    return value


def signing_key(value: Jwk) -> SigningKey:
    return parse_key(json.dumps(value), "SNOWFLAKE_PRIVATE_KEY")


def fault_of(text: str) -> str:
    with pytest.raises(StartFault) as fault:
        parse_key(text, "SNOWFLAKE_PRIVATE_KEY")
    [line] = fault.value.faults
    return line


#: A key for each algorithm, made as ``snowflake keygen`` does.
MADE = {name: generate_key(algorithm) for name, algorithm in BY_KEY.items()}


def test_a_generated_key_is_a_private_rs256_key_of_2048_bits(jwk: Jwk) -> None:
    assert (jwk["kty"], jwk["use"], jwk["alg"]) == ("RSA", "sig", "RS256")
    assert len(base64.urlsafe_b64decode(jwk["n"] + "==")) * 8 == 2048
    assert jwk["d"]
    assert jwk["kid"]


@pytest.mark.parametrize(
    ("algorithm", "kind", "curve"),
    [
        ("PS256", "RSA", None),
        ("ES256", "EC", "P-256"),
        ("ES384", "EC", "P-384"),
        ("ES512", "EC", "P-521"),
        ("EdDSA", "OKP", "Ed25519"),
    ],
)
def test_a_key_is_generated_for_each_algorithm(algorithm: str, kind: str, curve: str) -> None:
    jwk = json.loads(MADE[algorithm])
    assert (jwk["kty"], jwk.get("crv"), jwk["alg"], jwk["use"]) == (kind, curve, algorithm, "sig")
    assert parse_key(MADE[algorithm], "it").algorithm.name == algorithm
    # It is the thumbprint, which names nothing but this key.
    assert jwk["kid"] == import_key(jwk).thumbprint()


@pytest.mark.parametrize("name", ["RS256", "ES256", "ES384", "ES512", "EdDSA"])
def test_a_key_that_names_no_algorithm_signs_by_the_usual_one(name: str) -> None:
    bare = {member: value for member, value in json.loads(MADE[name]).items() if member != "alg"}
    assert signing_key(bare).algorithm.name == name


def test_a_key_for_ed25519_by_its_new_name_is_the_same() -> None:
    key = signing_key({**json.loads(MADE["EdDSA"]), "alg": "Ed25519"})
    assert (key.algorithm.name, key.published()["alg"]) == ("EdDSA", "EdDSA")


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
    assert fault_of(text).startswith("SNOWFLAKE_PRIVATE_KEY: is ")


@pytest.mark.parametrize("name", BY_KEY)
def test_a_public_key_stops_the_start(name: str) -> None:
    jwk = json.loads(MADE[name])
    for private in ({}, {"d": None}, {"d": ""}):
        public = {member: jwk[member] for member in PUBLIC[jwk["kty"]]}
        line = fault_of(json.dumps({"kty": jwk["kty"], **public, **private}))
        assert line.endswith("is a public key; its private part (d) is missing")


def test_a_shared_secret_stops_the_start() -> None:
    line = fault_of(json.dumps(OctKey.generate_key(256).as_dict(private=True)))
    assert line.endswith("is a shared secret; what signs for everybody has to be a key pair")


@pytest.mark.parametrize("curve", ["secp256k1", "P-192"])
def test_a_curve_without_an_algorithm_stops_the_start(curve: str) -> None:
    line = fault_of(json.dumps({**json.loads(MADE["ES256"]), "crv": curve}))
    assert line.endswith("is on a curve by which nothing is signed here")


@pytest.mark.parametrize("curve", ["X25519", "Ed448"])
def test_a_key_of_another_such_curve_stops_the_start(curve: Literal["X25519", "Ed448"]) -> None:
    line = fault_of(json.dumps(OKPKey.generate_key(curve).as_dict(private=True)))
    assert line.endswith("is on a curve by which nothing is signed here")


@pytest.mark.parametrize("use", [{"alg": "RS512"}, {"alg": "RSA-OAEP"}, {"use": "enc"}])
def test_a_key_for_another_use_stops_the_start(jwk: Jwk, use: Jwk) -> None:
    assert fault_of(json.dumps({**jwk, **use})).endswith(
        "is a key for another use than signing with RS256 or PS256"
    )


@pytest.mark.parametrize("algorithm", ["ES384", "HS256", "none", "", None, 5, ["ES256"]])
def test_an_algorithm_that_the_curve_has_not_stops_the_start(algorithm: object) -> None:
    line = fault_of(json.dumps({**json.loads(MADE["ES256"]), "alg": algorithm}))
    assert line.endswith("is a key for another use than signing with ES256")


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_short_key_stops_the_start() -> None:
    short = RSAKey.generate_key(1024).as_dict(private=True)
    assert fault_of(json.dumps(short)).endswith("has 1024 bits; RSA needs at least 2048")


@pytest.mark.parametrize("kid", ["k" * (MAX_KID + 1), "ü" * 1000])
def test_a_key_whose_tokens_would_be_refused_stops_the_start(jwk: Jwk, kid: str) -> None:
    with pytest.raises(StartFault, match="a kid of over 256 characters"):
        parse_key(json.dumps({**jwk, "kid": kid}), "a key")
    parse_key(json.dumps({**jwk, "kid": kid[:MAX_KID]}), "a key")


@pytest.mark.parametrize(
    ("name", "member"),
    [
        *(("RS256", member) for member in ("n", "d", "p", "q", "e")),
        *((name, member) for name in ("ES256", "ES384", "ES512") for member in ("x", "y", "d")),
        *(("EdDSA", member) for member in ("x", "d")),
    ],
)
def test_a_key_of_which_a_part_was_changed_stops_the_start(name: str, member: str) -> None:
    jwk = json.loads(MADE[name])
    changed = {**jwk, member: ("B" if jwk[member][0] == "A" else "A") + jwk[member][1:]}
    line = fault_of(json.dumps(changed))
    assert not any(str(jwk[part]) in line for part in (*PUBLIC[jwk["kty"]], *PRIVATE[jwk["kty"]]))


@pytest.mark.parametrize("name", BY_KEY)
@pytest.mark.parametrize("value", [5, None, "", "\u00e9", [], {}, "AA"])
def test_a_part_of_any_type_stops_the_start_or_does_no_harm(name: str, value: object) -> None:
    jwk = json.loads(MADE[name])
    for member in ("kty", *PUBLIC[jwk["kty"]], *PRIVATE[jwk["kty"]]):
        try:
            key = signing_key({**jwk, member: value})
        except StartFault as fault:
            [line] = fault.faults
            assert line.startswith("SNOWFLAKE_PRIVATE_KEY: ")
        else:
            assert key.verify(key.sign({"sub": "1"}), "JWT") == {"sub": "1"}


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


def in_a_set(*jwks: object) -> str:
    return json.dumps({"keys": jwks})


def faults_of(text: str) -> tuple[str, ...]:
    with pytest.raises(StartFault) as fault:
        parse_keys(text, "SNOWFLAKE_PRIVATE_KEY")
    return fault.value.faults


def test_a_set_gives_all_its_keys_in_order() -> None:
    keys = parse_keys(in_a_set(*map(json.loads, MADE.values())), "it")
    assert [key.algorithm.name for key in keys] == list(MADE)
    [alone] = parse_keys(MADE["ES256"], "it")
    assert alone.algorithm.name == "ES256"


def test_each_key_of_a_set_that_is_no_good_is_told_by_its_place() -> None:
    good, curve = (json.loads(MADE[name]) for name in ("RS256", "ES256"))
    second, third, fourth = faults_of(
        in_a_set(good, {"kty": "oct", "k": "AA"}, 5, {**curve, "d": None})
    )
    assert second.startswith("SNOWFLAKE_PRIVATE_KEY, key 2: is a shared secret")
    assert third.startswith("SNOWFLAKE_PRIVATE_KEY, key 3: is not a private key")
    assert fourth.startswith("SNOWFLAKE_PRIVATE_KEY, key 4: is a public key")


def test_a_set_without_a_key_stops_the_start() -> None:
    assert faults_of(in_a_set()) == ("SNOWFLAKE_PRIVATE_KEY: is a set without a key",)


@pytest.mark.parametrize("text", ['{"keys": 5}', '{"keys": null}', "", "[" * 100_000, "[]"])
def test_what_is_no_set_is_no_key_either(text: str) -> None:
    [line] = faults_of(text)
    assert line.startswith("SNOWFLAKE_PRIVATE_KEY: is not a private key")


def test_two_keys_of_one_id_stop_the_start() -> None:
    rsa = json.loads(MADE["RS256"])
    del rsa["kid"]
    # The same numbers for two algorithms have one thumbprint, too.
    for twice in ((rsa, rsa), (rsa, {**rsa, "alg": "PS256"})):
        assert faults_of(in_a_set(*twice)) == (
            "SNOWFLAKE_PRIVATE_KEY: has two keys of one ID (kid)",
        )
