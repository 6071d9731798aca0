"""Clients' own access tokens live until they expire or are revoked, whichever comes first."""

from snowflake.store import Store
from snowflake.store.client_tokens import KeptClientToken
from snowflake.store.housekeeping import SLACK
from tests.running import NOW, Clock
from tests.store.places import Place

TOKEN = KeptClientToken("ci", "ci:build", ("deploy", "read"), NOW, NOW + 60)


async def test_what_it_stands_for_is_found_by_its_name_alone(store: Store, place: Place) -> None:
    await store.client_tokens.add("a secret name", TOKEN)
    assert await store.client_tokens.find("a secret name") == TOKEN
    assert await store.client_tokens.find("another name") is None
    assert "a secret name" not in str(await place.rows("SELECT * FROM client_tokens"))


async def test_it_ends_alone(store: Store) -> None:
    await store.client_tokens.add("one", TOKEN)
    await store.client_tokens.add("other", TOKEN)
    await store.client_tokens.end("one")
    assert await store.client_tokens.find("one") is None
    assert await store.client_tokens.find("other") == TOKEN
    await store.client_tokens.end("one")


async def test_it_is_swept_out_when_it_has_expired(
    store: Store, place: Place, clock: Clock
) -> None:
    await store.client_tokens.add("old", TOKEN)
    await store.client_tokens.add("young", KeptClientToken("ci", "ci", (), NOW, NOW + 3600))
    clock.pass_by(60 + SLACK)
    await store.housekeeping.delete_expired()
    assert await place.rows("SELECT count(*) FROM client_tokens") == [(1,)]
    young = await store.client_tokens.find("young")
    assert young is not None
    assert young.scopes == ()
