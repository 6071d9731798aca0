import asyncio
from unittest.mock import patch

import pytest
from pydantic import SecretStr

from snowflake.crypto import secret_hashes
from snowflake.crypto.secret_hashes import SecretHashes

CLIENT, SECRET = "1056005449054429204", SecretStr("QvwXyz0123456789abcdefghijklmnop")


async def test_a_hash_matches_its_secret_in_every_process() -> None:
    hashed = await SecretHashes().make(CLIENT, SECRET)
    assert await SecretHashes().match(CLIENT, SECRET, hashed)


@pytest.mark.parametrize("wrong", ["", "q", SECRET.get_secret_value() + "x", "é"])
async def test_another_secret_does_not_match(wrong: str) -> None:
    hashes = SecretHashes()
    hashed = await hashes.make(CLIENT, SECRET)
    assert not await hashes.match(CLIENT, SecretStr(wrong), hashed)


async def test_a_hash_is_slow_salted_and_tells_nothing() -> None:
    one, other = [await SecretHashes().make(CLIENT, SECRET) for _ in range(2)]
    assert one != other
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert SECRET.get_secret_value() not in one


async def test_what_matched_once_is_not_computed_again() -> None:
    hashed = await SecretHashes().make(CLIENT, SECRET)
    hashes = SecretHashes()
    assert await hashes.match(CLIENT, SECRET, hashed)
    with patch.object(secret_hashes, "_match", side_effect=AssertionError):
        assert await hashes.match(CLIENT, SECRET, hashed)


async def test_of_many_that_come_at_once_one_is_computed() -> None:
    hashed, hashes = await SecretHashes().make(CLIENT, SECRET), SecretHashes()
    assert hashes.remembered(CLIENT, SECRET, hashed) is None
    with patch.object(secret_hashes, "_match", return_value=True) as computed:
        matches = await asyncio.gather(*(hashes.match(CLIENT, SECRET, hashed) for _ in range(9)))
    assert set(matches) == {True}
    assert computed.call_count == 1


async def test_of_many_first_logins_at_once_one_makes_the_hash() -> None:
    hashes = SecretHashes()
    with patch.object(secret_hashes, "_make", return_value="hash") as made:
        assert (
            await asyncio.gather(*(hashes.make(CLIENT, SECRET) for _ in range(9))) == ["hash"] * 9
        )
        assert await hashes.make(CLIENT, SECRET) == "hash"
    assert made.call_count == 1


async def test_what_did_not_match_is_not_computed_again() -> None:
    hashes = SecretHashes()
    hashed = await hashes.make(CLIENT, SECRET)
    assert not await hashes.match(CLIENT, SecretStr("wrong"), hashed)
    with patch.object(secret_hashes, "_match", side_effect=AssertionError):
        assert not await hashes.match(CLIENT, SecretStr("wrong"), hashed)
    another = await SecretHashes().make(CLIENT, SecretStr("wrong"))
    assert await hashes.match(CLIENT, SecretStr("wrong"), another)


async def test_wrong_secrets_do_not_wash_out_right_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_hashes, "MEMORY_SIZE", 2)
    hashes = SecretHashes()
    hashed = await hashes.make(CLIENT, SECRET)
    with patch.object(secret_hashes, "_match", return_value=False) as computed:
        for number in range(4):
            assert not await hashes.match(CLIENT, SecretStr(f"wrong {number}"), hashed)
        assert await hashes.match(CLIENT, SECRET, hashed)
        assert not await hashes.match(CLIENT, SecretStr("wrong 0"), hashed)
    assert computed.call_count == 5


async def test_one_client_s_secret_is_not_another_s() -> None:
    hashes = SecretHashes()
    hashed = await hashes.make(CLIENT, SECRET)
    with patch.object(secret_hashes, "_match", return_value=False) as asked:
        assert not await hashes.match("another", SECRET, hashed)
    assert asked.called


async def test_no_secret_is_kept_in_memory() -> None:
    hashes = SecretHashes()
    await hashes.make(CLIENT, SECRET)
    assert SECRET.get_secret_value() not in repr(hashes.__dict__)


async def test_the_memory_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_hashes, "MEMORY_SIZE", 2)
    monkeypatch.setattr(secret_hashes, "_make", lambda secret: secret.get_secret_value())
    hashes = SecretHashes()
    for number in range(5):
        await hashes.make(CLIENT, SecretStr(f"secret {number}"))
    assert len(hashes._known) == 2


async def test_the_hashes_of_one_secret_have_a_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    # A store that several processes fill holds a hash of one secret from each of their starts.
    monkeypatch.setattr(secret_hashes, "_match", lambda *_: True)
    hashes = SecretHashes()
    for number in range(3000):
        assert await hashes.match(CLIENT, SECRET, f"hash {number}")
    assert sum(len(known) for known in hashes._known.values()) <= secret_hashes.MEMORY_SIZE
