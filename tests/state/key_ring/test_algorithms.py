"""Keys of several algorithms: made, used, rotated and forgotten, each for itself."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from pydantic import SecretStr

from snowflake.crypto.algorithms import BY_KEY, HS256
from snowflake.crypto.keys import kid_of
from snowflake.crypto.private_keys import generate_key, parse_key
from snowflake.errors import KeyMissing, StartFault
from snowflake.settings import Settings
from snowflake.settings.registry import Registry
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.signatures import SigningAlgorithm
from snowflake.state.key_ring import ANNOUNCEMENT, HEARD_WITHIN, KeyRing
from snowflake.state.key_ring.ring import AHEAD, PUBLISHED_WITHIN
from snowflake.state.state import LOOK_EVERY
from snowflake.store import Store
from tests.running import Clock
from tests.store.conftest import store
from tests.store.places import Place, place

__all__ = ["place", "store"]

HOURS, LIFETIME, GRACE = ANNOUNCEMENT.total_seconds(), 3600, 300
SECRET = SecretStr("a secret of more than thirty-two bytes")

#: Making one of RSA takes long.
RSA = {name: generate_key(BY_KEY[name]) for name in ("RS256", "PS256")}


@pytest.fixture
def bare(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def signing_by(settings: Settings, *algorithms: SigningAlgorithm, **changes: object) -> Settings:
    """Register a client for each algorithm, which is its ID."""
    clients = tuple(
        ClientTable(
            id=name,
            secret=SECRET,
            redirect_uris=("https://app.example.com/callback",),
            signing_alg=name,
        )
        for name in algorithms
    )
    return settings.model_copy(update={"clients": clients, **changes})


def given(settings: Settings, *jwks: str) -> Settings:
    """Have the operator give keys."""
    keys = json.dumps({"keys": [json.loads(jwk) for jwk in jwks]})
    return settings.model_copy(update={"private_key": SecretStr(keys)})


def algorithms(ring: KeyRing) -> list[str]:
    return [str(key["alg"]) for key in ring.published()["keys"]]


def roles(ring: KeyRing) -> list[tuple[str, str]]:
    return [(part.key.algorithm.name, part.role) for part in ring.parts]


async def test_there_is_a_key_for_each_algorithm_that_a_client_uses(
    bare: Settings, store: Store, clock: Clock
) -> None:
    settings = signing_by(bare, *get_args(SigningAlgorithm))
    ring = await KeyRing.open(settings, store, clock)
    assert algorithms(ring) == list(BY_KEY)
    assert len({*ring.kids}) == len(BY_KEY)
    registry = Registry(settings)
    for name in BY_KEY:
        client = registry.find(name)
        assert client is not None
        key = ring.signs_for(client)
        assert key is ring.signs_access_tokens(client)
        assert key.algorithm.name == name
        assert await ring.verify(key.sign({"sub": "1"}), "JWT") == {"sub": "1"}


async def test_without_such_clients_there_is_one_of_rs256(
    bare: Settings, store: Store, clock: Clock
) -> None:
    ring = await KeyRing.open(bare, store, clock)
    assert algorithms(ring) == ["RS256"]
    assert ring.key_of("RS256") is ring.current
    with pytest.raises(KeyMissing, match="ES256"):
        ring.key_of("ES256")


async def test_a_client_that_signs_by_its_secret_has_no_key(
    bare: Settings, store: Store, clock: Clock
) -> None:
    settings = signing_by(bare, "HS256")
    ring = await KeyRing.open(settings, store, clock)
    assert algorithms(ring) == ["RS256"]
    client = Registry(settings).find("HS256")
    assert client is not None
    signer = ring.signs_for(client)
    assert signer.algorithm == HS256
    # What it has signed nobody takes for ours.
    token = signer.sign({"sub": "1"})
    assert kid_of(token) is None
    with pytest.raises(ValueError, match="names no key"):
        await ring.verify(token, "JWT")
    # Access tokens are read here, and by a key.
    assert ring.signs_access_tokens(client) is ring.current


async def test_processes_that_start_at_once_make_each_first_key_once(
    bare: Settings, store: Store, clock: Clock
) -> None:
    settings = signing_by(bare, "ES256", "EdDSA")
    rings = await asyncio.gather(*(KeyRing.open(settings, store, clock) for _ in range(4)))
    assert len({ring.kids for ring in rings}) == 1
    assert len(await store.signing_keys.all()) == 3


async def test_a_key_is_made_before_a_changed_configuration_is_used(
    bare: Settings, store: Store, clock: Clock
) -> None:
    one, other = [await KeyRing.open(bare, store, clock) for _ in range(2)]
    changed = signing_by(bare, "ES512")
    for ring in (one, other):
        await ring.make_for(changed)
        # It signs at once: before it there was none that anybody could have kept.
        assert [part.role for part in ring.parts if part.key.algorithm.name == "ES512"] == ["old"]
        ring.use(changed)
    assert roles(one) == [("RS256", "signs"), ("ES512", "signs")]
    assert one.kids == other.kids


async def test_a_new_key_is_news_to_other_processes_for_two_of_their_looks(
    bare: Settings, store: Store, clock: Clock
) -> None:
    assert PUBLISHED_WITHIN == 2 * LOOK_EVERY
    ring = await KeyRing.open(bare, store, clock)
    # Of an algorithm that is in use already nothing has to be waited for.
    assert ring.unheard_of(bare) <= 0
    changed = signing_by(bare, "ES256")
    await ring.make_for(changed)
    assert ring.unheard_of(changed) == PUBLISHED_WITHIN
    # A process whose clock is behind that of the one which made it waits no longer.
    clock.pass_by(-3600)
    assert ring.unheard_of(changed) == PUBLISHED_WITHIN
    clock.pass_by(3600 + PUBLISHED_WITHIN)
    assert ring.unheard_of(changed) <= 0
    # Its successors are announced, and the operator's are known from the start.
    await ring.rotate("ES256", at_once=True)
    assert ring.unheard_of(changed) <= 0
    operators = given(changed, RSA["RS256"], generate_key(BY_KEY["ES256"]))
    assert (await KeyRing.open(operators, store, clock)).unheard_of(operators) <= 0


async def test_one_that_is_lacking_all_the_same_is_made_at_the_next_look(
    bare: Settings, store: Store, clock: Clock
) -> None:
    ring = await KeyRing.open(bare, store, clock)
    ring.use(signing_by(bare, "ES256"))
    with pytest.raises(KeyMissing):
        ring.key_of("ES256")
    await ring.follow()
    assert ring.key_of("ES256").algorithm.name == "ES256"


async def test_each_is_rotated_by_age_and_for_itself(
    bare: Settings, store: Store, clock: Clock
) -> None:
    settings = signing_by(bare, "ES256", key_rotation=timedelta(days=1))
    ring = await KeyRing.open(signing_by(bare, key_rotation=timedelta(days=1)), store, clock)
    clock.pass_by(3600)
    await ring.make_for(settings)
    ring.use(settings)
    clock.pass_by(86400 - 3600 - HOURS)
    await ring.keep_fresh()
    assert roles(ring) == [("RS256", "signs"), ("RS256", "next"), ("ES256", "signs")]
    clock.pass_by(3600)
    await ring.keep_fresh()
    assert roles(ring)[2:] == [("ES256", "signs"), ("ES256", "next")]
    old = ring.key_of("ES256")
    clock.pass_by(HOURS)
    assert ring.key_of("ES256").kid != old.kid
    assert await ring.verify(old.sign({"sub": "1"}), "JWT")
    clock.pass_by(LIFETIME + GRACE)
    await ring.keep_fresh()
    assert roles(ring) == [("RS256", "signs"), ("ES256", "signs")]


async def test_a_key_that_signs_at_once_drops_only_those_of_its_algorithm(
    bare: Settings, store: Store, clock: Clock
) -> None:
    ring = await KeyRing.open(signing_by(bare, "ES256", "EdDSA"), store, clock)
    for name in ("RS256", "ES256", "EdDSA"):
        await ring.rotate(name)
    clock.pass_by(HEARD_WITHIN)
    new = await ring.rotate("ES256", at_once=True)
    assert ring.key_of("ES256").kid == new.key.kid
    assert roles(ring) == [
        ("RS256", "signs"),
        ("RS256", "next"),
        ("ES256", "old"),
        ("ES256", "signs"),
        ("EdDSA", "signs"),
        ("EdDSA", "next"),
    ]
    assert [len(ring.waiting(name)) for name in ("RS256", "ES256", "EdDSA")] == [1, 0, 1]


async def test_one_that_no_client_uses_any_more_stays_until_its_tokens_have_ended(
    bare: Settings, store: Store, clock: Clock
) -> None:
    ring = await KeyRing.open(signing_by(bare, "ES256"), store, clock)
    clock.pass_by(86400)
    await ring.follow()
    last = ring.key_of("ES256").sign({"sub": "1"})
    ring.use(bare)
    clock.pass_by(LIFETIME)
    await ring.keep_fresh()
    assert await ring.verify(last, "JWT")
    [*_, part] = ring.parts
    assert part[1] == "old"
    assert part.at is not None
    assert clock.now < part.at <= clock.now + GRACE + AHEAD
    clock.now = part.at
    await ring.keep_fresh()
    assert algorithms(ring) == ["RS256"]
    with pytest.raises(ValueError, match="no key"):
        await ring.verify(last, "JWT")


async def test_one_that_another_process_still_uses_is_not_forgotten(
    bare: Settings, store: Store, clock: Clock
) -> None:
    behind = await KeyRing.open(signing_by(bare, "ES256"), store, clock)
    ahead = await KeyRing.open(bare, store, clock)
    for _ in range(50):
        clock.pass_by(300)
        await behind.follow()
        await ahead.keep_fresh()
    token = behind.key_of("ES256").sign({"sub": "1"})
    assert await ahead.verify(token, "JWT") == {"sub": "1"}
    # And one that has begun to use it again in the last moment has claimed it before it looked.
    clock.pass_by(LIFETIME + GRACE + AHEAD)
    await KeyRing.open(signing_by(bare, "ES256"), store, clock)
    await ahead.keep_fresh()
    assert ahead.kids == behind.kids


async def test_of_a_copied_store_nobody_knows_until_when_they_are_needed(
    bare: Settings, store: Store, clock: Clock, place: Place
) -> None:
    await KeyRing.open(signing_by(bare, "ES256"), store, clock)
    await place.change("DELETE FROM leases")
    ring = await KeyRing.open(bare, store, clock)
    assert [part[1:] for part in ring.parts][1:] == [("old", None)]
    await ring.keep_fresh()
    until = clock.now + LIFETIME + GRACE
    assert [part[1:] for part in ring.parts][1:] == [("old", until)]
    clock.now = until - 1
    await ring.keep_fresh()
    assert algorithms(ring) == ["RS256", "ES256"]
    clock.now = until
    await ring.keep_fresh()
    assert algorithms(ring) == ["RS256"]


async def test_the_store_is_told_seldom_that_one_is_needed(
    bare: Settings, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = await KeyRing.open(signing_by(bare, "ES256"), store, clock)
    told: list[int] = []
    need = store.signing_keys.need

    async def counted(algorithm: str, until: int) -> None:
        told.append(until)
        await need(algorithm, until)

    monkeypatch.setattr(store.signing_keys, "need", counted)
    for _ in range(AHEAD):
        clock.pass_by(3)
        await ring.follow()
    assert len(told) == 2
    # Whoever says less takes nothing back.
    await need("ES256", 1)
    assert (await store.signing_keys.needed_until())["ES256"] == told[-1]


async def test_the_operator_may_give_some_and_the_store_keeps_the_others(
    bare: Settings, store: Store, clock: Clock
) -> None:
    settings = given(
        signing_by(bare, "PS256", "ES256"), RSA["PS256"], generate_key(BY_KEY["ES384"])
    )
    ring = await KeyRing.open(settings, store, clock)
    assert roles(ring) == [
        ("RS256", "signs"),
        ("PS256", "signs"),
        ("ES256", "signs"),
        # Nobody uses it yet, but everybody may have it already.
        ("ES384", "published"),
    ]
    assert ring.key_of("PS256").kid == json.loads(RSA["PS256"])["kid"]
    assert ring.rotated == ["RS256", "ES256"]
    assert {key.algorithm for key in await store.signing_keys.all()} == {"RS256", "ES256"}
    await ring.keep_fresh()
    assert len(ring.parts) == 4


async def test_of_several_of_one_algorithm_the_first_signs_and_all_verify(
    bare: Settings, store: Store, clock: Clock
) -> None:
    jwks = [generate_key(BY_KEY["ES256"]) for _ in range(3)]
    settings = given(signing_by(bare, "ES256"), *jwks)
    ring = await KeyRing.open(settings, store, clock)
    first, second, third = (json.loads(jwk)["kid"] for jwk in jwks)
    of_es256 = [part for part in ring.parts if part.key.algorithm.name == "ES256"]
    assert [(part.key.kid, *part[1:]) for part in of_es256] == [
        (third, "published", None),
        (second, "published", None),
        (first, "signs", None),
    ]
    # As the operator goes on to the second, what the first has signed holds.
    token = ring.key_of("ES256").sign({"sub": "1"})
    moved = given(signing_by(bare, "ES256"), jwks[1], jwks[0])
    ring = await KeyRing.open(moved, store, clock)
    assert ring.key_of("ES256").kid == second
    assert await ring.verify(token, "JWT") == {"sub": "1"}


async def test_the_numbers_of_one_key_serve_one_algorithm(
    bare: Settings, store: Store, clock: Clock
) -> None:
    rsa = RSA["RS256"]
    ring = await KeyRing.open(given(bare, rsa), store, clock)
    before = ring.current.sign({"sub": "1"})
    # The operator takes it for the other algorithm, so that RS256 gets a new one.
    as_ps256 = json.dumps({**json.loads(rsa), "alg": "PS256"})
    ring = await KeyRing.open(given(bare, as_ps256), store, clock)
    assert algorithms(ring) == ["RS256", "PS256"]
    assert ring.current.kid != json.loads(rsa)["kid"]
    with pytest.raises(ValueError, match="not a token that was signed here"):
        await ring.verify(before, "JWT")


async def test_a_key_in_the_store_that_is_not_known_here_stops_the_start(
    bare: Settings, store: Store, clock: Clock
) -> None:
    await KeyRing.open(signing_by(bare, "EdDSA"), store, clock)
    [*_, key] = sorted(await store.signing_keys.all(), key=lambda key: key.algorithm == "EdDSA")
    await store.signing_keys.remove(key.kid)
    newer = json.dumps({**json.loads(key.jwk), "alg": "ML-DSA-44"})
    await store.signing_keys.add(type(key)(key.kid, newer, key.signs_from))
    with pytest.raises(StartFault, match="a key in the store: is a key for another use"):
        await KeyRing.open(bare, store, clock)


async def test_beside_a_newer_snowflake_tokens_are_read_as_before(
    bare: Settings, store: Store, clock: Clock, private_key: str
) -> None:
    ring = await KeyRing.open(bare, store, clock)
    own = ring.current.sign({"sub": "1"})
    [key] = await store.signing_keys.all()
    newer = json.dumps({**json.loads(key.jwk), "alg": "ML-DSA-44", "kid": "newer"})
    await store.signing_keys.add(type(key)("newer", newer, key.signs_from))
    clock.pass_by(60)
    with pytest.raises(ValueError, match="no key of ours"):
        await ring.verify(parse_key(private_key, "a key").sign({"sub": "1"}), "JWT")
    assert (await ring.verify(own, "JWT"))["sub"] == "1"
