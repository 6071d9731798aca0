"""What is in the store is sealed, under a key that can be changed."""

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from snowflake.crypto.sealing import SECRET_FILE, Sealer
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.state import State
from snowflake.store import housekeeping
from snowflake.store.seals import FOREIGN, LOST
from snowflake.store.signing_keys import StoredKey
from tests.running import Clock
from tests.store.furniture import APPLICATION, GUILD, PERSON, link, membership, put_login, tokens
from tests.store.places import Place

OLD, NEW = b"the old secret of more than thirty-two", b"the new secret of more than thirty-two"


async def test_a_wrong_key_stops_the_start_and_changes_nothing(place: Place, clock: Clock) -> None:
    async with place.store(clock, OLD) as store:
        grant, _ = await put_login(store, "code")
    before = await place.rows("SELECT * FROM grants")
    with pytest.raises(StartFault) as fault:
        async with place.store(clock, NEW):
            raise AssertionError("it started")
    assert fault.value.faults == (f"SNOWFLAKE_SECRET_KEY: {FOREIGN}",)
    assert await place.rows("SELECT * FROM grants") == before
    async with place.store(clock, OLD) as store:
        assert await store.grants.find(grant.id) == grant


async def started(settings: Settings, clock: Clock) -> None:
    """Start and stop."""
    async with State.open(settings, clock):
        pass


async def test_no_key_is_made_for_a_store_that_is_sealed_already(
    place: Place, clock: Clock, tmp_path: Path
) -> None:
    first = Settings(data_dir=tmp_path / "first", database_url=SecretStr(place.url))
    await started(first, clock)
    # A new machine, or a folder that was lost.
    fresh = first.model_copy(update={"data_dir": tmp_path / "fresh"})
    for _ in range(2):
        with pytest.raises(StartFault) as fault:
            await started(fresh, clock)
        assert fault.value.faults == (f"{tmp_path / 'fresh' / SECRET_FILE}: {LOST}",)
    assert not (tmp_path / "fresh" / SECRET_FILE).exists()
    # Nothing was changed, and both ways on are good.
    await started(first, clock)
    key = (tmp_path / "first" / SECRET_FILE).read_text()
    await started(fresh.model_copy(update={"secret_key": SecretStr(key)}), clock)
    (tmp_path / "fresh" / "keys").mkdir(parents=True)
    (tmp_path / "fresh" / SECRET_FILE).write_text(key)
    await started(fresh, clock)


async def test_a_key_is_made_for_a_store_that_holds_nothing_sealed(
    place: Place, clock: Clock, tmp_path: Path, private_key: str
) -> None:
    given = {"database_url": SecretStr(place.url), "private_key": SecretStr(private_key)}
    for name in ("first", "fresh"):
        await started(Settings.model_validate({"data_dir": tmp_path / name, **given}), clock)
        assert (tmp_path / name / SECRET_FILE).exists()
        # All that a start leaves sealed where the signing key is given.
        assert await place.change("DELETE FROM subject_secret") == 1


async def test_the_line_names_where_a_wrong_key_came_from(
    place: Place, clock: Clock, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=SecretStr(place.url))
    await started(settings, clock)
    (tmp_path / SECRET_FILE).write_text("x" * 43)
    with pytest.raises(StartFault) as fault:
        await started(settings, clock)
    assert fault.value.faults == (f"{tmp_path / SECRET_FILE}: {FOREIGN}",)


async def test_processes_that_start_at_once_make_one_key(
    place: Place, clock: Clock, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=SecretStr(place.url))
    await asyncio.gather(*(started(settings, clock) for _ in range(5)))


async def test_a_new_key_before_the_old_one_opens_everything(place: Place, clock: Clock) -> None:
    async with place.store(clock, OLD) as store:
        grant, token = await put_login(store, "code")
        await store.signing_keys.add(StoredKey("kid", "{}", 0))
    async with place.store(clock, NEW, OLD) as store:
        assert await store.grants.find(grant.id) == grant
        assert await store.discord_tokens.find(APPLICATION, PERSON) == tokens()
        assert await store.refresh_tokens.find(token) is not None
        assert await store.signing_keys.all() == [StoredKey("kid", "{}", 0)]


async def test_the_old_key_goes_after_housekeeping_and_not_before(
    place: Place, clock: Clock
) -> None:
    async with place.store(clock, OLD) as store:
        grant, _ = await put_login(store, "code")
        await store.signing_keys.add(StoredKey("kid", "{}", 0))
        await store.links.take_over(link(), exclusive=True)
    async with place.store(clock, NEW, OLD):
        pass
    with pytest.raises(StartFault):
        async with place.store(clock, NEW):
            pass
    async with place.store(clock, NEW, OLD) as store:
        assert await store.housekeeping.seal_anew() == 5
        assert await store.housekeeping.seal_anew() == 0
    async with place.store(clock, NEW) as store:
        assert await store.grants.find(grant.id) == grant
        assert await store.discord_tokens.find(APPLICATION, PERSON) == tokens()
        assert await store.memberships.of_person(PERSON) == [membership()]
        assert await store.links.find(PERSON) == link()
        assert await store.signing_keys.all() == [StoredKey("kid", "{}", 0)]


async def test_a_used_refresh_token_outlives_the_key_that_sealed_its_successor(
    place: Place, clock: Clock
) -> None:
    async with place.store(clock, OLD) as store:
        grant, token = await put_login(store, "code")
        found = await store.refresh_tokens.find(token)
        assert found is not None
        await store.refresh_tokens.rotate(found, grant)
    async with place.store(clock, NEW, OLD) as store:
        await store.housekeeping.seal_anew()
    async with place.store(clock, NEW) as store:
        found = await store.refresh_tokens.find(token)
        assert found is not None
        assert found.used_at is not None


async def test_two_that_seal_anew_at_once_do_no_harm(place: Place, clock: Clock) -> None:
    async with place.store(clock, OLD) as store:
        logins = [await put_login(store, f"code {number}", str(number)) for number in range(5)]
    async with place.store(clock, NEW, OLD) as one, place.store(clock, NEW, OLD) as other:
        await one.housekeeping.run()
        await other.housekeeping.run()
        for grant, _ in logins:
            assert await other.grants.find(grant.id) == grant


async def test_a_row_that_cannot_be_opened_keeps_nothing_else_waiting(
    place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is damaged, or another process has sealed it under a key that is new here."""
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    async with place.store(clock, OLD) as store:
        logins = [await put_login(store, f"code {number}", str(number)) for number in range(5)]
    await place.change("UPDATE grants SET claims = 'damaged' WHERE person IN ('1', '2')")
    done: list[str] = []

    async def other() -> None:
        done.append("other")

    async with place.store(clock, NEW, OLD) as store:
        await store.housekeeping.run(other)
        assert done == ["other"]
        # Both are still there, for whoever has their key.
        assert await place.rows(
            f"SELECT person FROM grants WHERE sealed_by = '{Sealer(OLD).name}' ORDER BY person"  # noqa: S608 - ours
        ) == [("1",), ("2",)]
        for grant, _ in (logins[0], *logins[3:]):
            assert await store.grants.find(grant.id) == grant


async def test_a_row_that_was_swapped_with_another_is_not_believed(
    place: Place, clock: Clock
) -> None:
    async with place.store(clock) as store:
        one, _ = await put_login(store, "one", "1")
        two, _ = await put_login(store, "two", "2")
        claims = f"SELECT claims FROM grants WHERE id = '{two.id}'"  # noqa: S608 - ours
        await place.change(f"UPDATE grants SET claims = ({claims}) WHERE id = '{one.id}'")  # noqa: S608
        with pytest.raises(ValueError, match="another"):
            await store.grants.find(one.id)
        pair = "SELECT tokens FROM discord_tokens WHERE person = '2'"
        await place.change(f"UPDATE discord_tokens SET tokens = ({pair}) WHERE person = '1'")  # noqa: S608
        with pytest.raises(ValueError, match="another"):
            await store.discord_tokens.find(APPLICATION, "1")


async def test_no_secret_is_in_the_database(place: Place, clock: Clock, private_key: str) -> None:
    async with place.store(clock) as store:
        grant, token = await put_login(store, "code")
        await store.signing_keys.add(StoredKey("kid", private_key, 0))
        await store.links.take_over(link(), exclusive=True)
        found = await store.refresh_tokens.find(token)
        assert found is not None
        successor = await store.refresh_tokens.rotate(found, grant)
        assert successor is not None
        content = place.content()
    # What is looked for would be found.
    assert PERSON.encode() in content
    pair = tokens()
    assert pair.refresh_token is not None
    secrets = [token, successor, "nelly@example.com", GUILD, pair.access_token.get_secret_value()]
    secrets += [pair.refresh_token.get_secret_value(), json.loads(private_key)["d"]]
    secrets += [f"upstream-refresh-token-{PERSON}", "nelly-upstream", "upstream-group"]
    assert [secret for secret in secrets if secret.encode() in content] == []
