"""Every claim of an ID token counts: whichever is changed, the token is refused."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64encode

from snowflake.errors import UpstreamUntrusted
from snowflake.upstream.algorithms import HASHES
from snowflake.upstream.id_token import LEEWAY, Expected, check_subject, verify
from snowflake.upstream.jwks import Keys
from tests.running import NOW
from tests.upstream.provider import CLAIMS, CLIENT_ID, ISSUER, KEY, NONCE, SECRET, SUBJECT, signed

ACCESS_TOKEN = "upstream-access-token"
EXPECTED = Expected(ISSUER, CLIENT_ID, ACCESS_TOKEN, NONCE)
EC = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def at_hash(algorithm: str = "ES256", access_token: str = ACCESS_TOKEN) -> str:
    digest = hashlib.new(f"sha{algorithm[2:] if algorithm != 'EdDSA' else 512}")
    digest.update(access_token.encode())
    return urlsafe_b64encode(digest.digest()[: digest.digest_size // 2]).decode()


GOOD: dict[str, Any] = {**CLAIMS, "azp": CLIENT_ID, "at_hash": at_hash(), "nbf": NOW}


async def verified(
    id_token: str, key: Key = KEY, expected: Expected = EXPECTED, now: float = NOW
) -> dict[str, Any]:
    async def fetch() -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False)]}

    algorithms = HASHES.keys() - {"PS512"}
    return await verify(id_token, Keys(fetch, lambda: now), algorithms, now, expected)


async def is_refused(claims: dict[str, Any]) -> bool:
    try:
        await verified(signed(claims))
    except UpstreamUntrusted:
        return True
    return False


async def test_a_good_token_says_what_it_says() -> None:
    claims = {**GOOD, "nested": {"list": [1, "ü"]}}
    assert await verified(signed(claims)) == claims


# Values that JSON has and Python's comparisons take for equal to nothing of ours.
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=5,
)


@given(name=st.sampled_from(["iss", "aud", "azp", "nonce", "at_hash"]), value=VALUES)
async def test_whatever_else_a_claim_says_is_refused(name: str, value: object) -> None:
    assert await is_refused({**GOOD, name: value})


@given(data=st.data(), name=st.sampled_from(["iss", "aud", "azp", "nonce", "at_hash"]))
async def test_a_claim_with_another_letter_is_refused(data: st.DataObject, name: str) -> None:
    good: str = GOOD[name]
    at = data.draw(st.integers(0, len(good)))
    changed = data.draw(
        st.sampled_from([good[:at] + "~" + good[at:], good[:at] + good[at + 1 :], good.upper()])
    )
    if changed != good:
        assert await is_refused({**GOOD, name: changed})


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "nonce"])
async def test_what_has_to_be_there_is_missed(name: str) -> None:
    assert await is_refused({known: GOOD[known] for known in GOOD if known != name})


@pytest.mark.parametrize("name", ["azp", "at_hash", "nbf"])
async def test_what_may_be_missing_is_not_missed(name: str) -> None:
    assert not await is_refused({known: GOOD[known] for known in GOOD if known != name})


@given(seconds=st.integers(-1000, 1000), part=st.floats(0, 0.5))
async def test_the_times_hold_within_the_leeway(seconds: int, part: float) -> None:
    moment = NOW + seconds + part
    assert await is_refused({**GOOD, "exp": moment}) == (moment <= NOW - LEEWAY)
    assert await is_refused({**GOOD, "iat": moment}) == (moment > NOW + LEEWAY)
    assert await is_refused({**GOOD, "nbf": moment}) == (moment > NOW + LEEWAY)


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@given(
    value=VALUES.filter(lambda value: isinstance(value, bool) or not isinstance(value, int | float))
)
async def test_a_time_is_a_number(name: str, value: object) -> None:
    assert await is_refused({**GOOD, name: value})


@pytest.mark.parametrize("audience", [[CLIENT_ID], [CLIENT_ID, "another"]])
async def test_a_list_of_audiences_has_to_name_us(audience: list[str]) -> None:
    assert not await is_refused({**GOOD, "aud": audience})
    assert await is_refused({**GOOD, "aud": ["another", *audience[1:]]})
    assert await is_refused({**GOOD, "aud": []})


async def test_a_token_for_others_too_says_who_asked_for_it() -> None:
    shared = {**GOOD, "aud": [CLIENT_ID, "another"]}
    assert await is_refused({name: shared[name] for name in shared if name != "azp"})


@pytest.mark.parametrize("subject", ["", "x" * 256, "jürgen", "a\nb", "a\0", None, 7, [SUBJECT]])
def test_a_subject_is_short_and_plain(subject: object) -> None:
    with pytest.raises(UpstreamUntrusted):
        check_subject("ID token", subject)


async def test_a_token_is_about_whom_it_was_asked_for() -> None:
    expected = Expected(ISSUER, CLIENT_ID, ACCESS_TOKEN, subject=SUBJECT)
    assert await verified(signed(GOOD), expected=expected)
    with pytest.raises(UpstreamUntrusted):
        await verified(signed({**GOOD, "sub": "another"}), expected=expected)


async def test_a_key_for_something_else_verifies_nothing() -> None:
    signing = OKPKey.generate_key("Ed25519", {"kid": "first"})
    agreeing = OKPKey.generate_key("X25519", {"kid": "first"})
    with pytest.raises(UpstreamUntrusted, match="not among"):
        await verified(signed(GOOD, signing, "EdDSA"), agreeing)


async def test_a_key_on_another_curve_verifies_nothing() -> None:
    other = ECKey.generate_key("P-384", {"kid": "first"})
    with pytest.raises(UpstreamUntrusted, match="not among"):
        await verified(signed(GOOD), other)


@pytest.mark.parametrize("algorithm", sorted(HASHES.keys() - {"PS512"}))
async def test_every_asymmetric_algorithm_is_verified_by_its_own_hash(
    algorithm: str, private_key: str
) -> None:
    key: Key
    if algorithm in EC:
        key = ECKey.generate_key(EC[algorithm], {"kid": "a"})
    elif algorithm == "EdDSA":
        key = OKPKey.generate_key("Ed25519", {"kid": "a"})
    else:
        members = json.loads(private_key)
        key = RSAKey.import_key({name: members[name] for name in members if name != "alg"})
    good = {**GOOD, "at_hash": at_hash(algorithm)}
    assert await verified(signed(good, key, algorithm), key) == good
    with pytest.raises(UpstreamUntrusted, match="at_hash"):
        await verified(
            signed({**good, "at_hash": at_hash(algorithm, "another")}, key, algorithm), key
        )


async def test_an_algorithm_that_the_provider_does_not_name_is_refused(private_key: str) -> None:
    members = json.loads(private_key)
    key = RSAKey.import_key({name: members[name] for name in members if name != "alg"})
    with pytest.raises(UpstreamUntrusted, match="signed in a way"):
        await verified(signed(GOOD, key, "PS512"), key)


async def test_the_client_secret_signs_nothing() -> None:
    secret = OctKey.import_key(SECRET.get_secret_value())
    with pytest.raises(UpstreamUntrusted):
        await verified(signed(GOOD, secret, "HS256", kid="first"))
    # The attack of old: the public key taken for a secret.
    public = OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
    with pytest.raises(UpstreamUntrusted):
        await verified(signed(GOOD, public, "HS256", kid="first"))


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize("signature", ["", "AAAA"])
async def test_without_a_signature_it_is_nothing(signature: str) -> None:
    with pytest.raises(UpstreamUntrusted):
        await verified(f"{encoded({'alg': 'none'})}.{encoded(GOOD)}.{signature}")


@given(position=st.integers(0, 10_000))
async def test_a_token_with_one_letter_changed_is_refused(position: int) -> None:
    token = signed(GOOD)
    at = position % len(token)
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    with pytest.raises(UpstreamUntrusted):
        await verified(changed)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": None},
        {"alg": ["ES256"]},
        {"alg": 7},
        {"kid": 7},
        {"kid": "another"},
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
        ["alg"],
        "ES256",
    ],
    ids=str,
)
async def test_an_odd_header_is_refused(header: Any) -> None:
    if isinstance(header, dict):
        header = {"alg": "ES256", "kid": "first", **header}
    with pytest.raises(UpstreamUntrusted):
        await verified(f"{encoded(header)}.{encoded(GOOD)}.AAAA")


async def test_a_header_that_nobody_knows_is_ignored() -> None:
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    header = {"alg": "ES256", "kid": "first", "typ": "JWT", "x-new": "x" * 400}
    token = jws.serialize_compact(header, json.dumps(GOOD), KEY, registry=registry)
    assert await verified(token) == GOOD


@pytest.mark.parametrize(
    "token", ["", "a", "a.b", "a.b.c", "a.b.c.d.e", "....", "ü.ü.ü", "x" * 2_000_000]
)
async def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(UpstreamUntrusted):
        await verified(token)


@pytest.mark.parametrize("payload", ["[]", "7", "", "{", '{"exp": NaN}', '{"exp": 1e999}'])
async def test_what_holds_no_claims_is_refused(payload: str) -> None:
    token = jws.serialize_compact({"alg": "ES256", "kid": "first"}, payload, KEY, ["ES256"])
    with pytest.raises(UpstreamUntrusted, match="JSON object"):
        await verified(token)


async def test_claims_of_a_thousand_groups_are_read() -> None:
    claims = {**GOOD, "groups": [f"{number:x>150}" for number in range(2000)]}
    assert await verified(signed_long(claims)) == claims


def signed_long(claims: dict[str, Any]) -> str:
    registry = jws.JWSRegistry(algorithms=["ES256"])
    header = {"alg": "ES256", "kid": "first"}
    return jws.serialize_compact(header, json.dumps(claims), KEY, registry=registry)
