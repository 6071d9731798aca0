"""Opaque access tokens live until they expire or their grant ends, whichever comes first."""

import pytest

from snowflake.errors import InvalidGrant
from snowflake.store import Store
from snowflake.store.access_tokens import FoundToken, NewToken, OpaqueToken
from snowflake.store.grants import Grant
from snowflake.store.housekeeping import SLACK
from snowflake.store.logins import Issued
from tests.running import NOW, Clock
from tests.store.furniture import grant, put_login, tokens
from tests.store.places import Place


def new(of: Grant, expires_at: int = NOW + 60) -> NewToken:
    return NewToken.of(OpaqueToken(of.id, ("openid", "email"), "sid", NOW, expires_at))


async def test_what_it_stands_for_is_found_by_it_alone(store: Store, place: Place) -> None:
    made, _ = await put_login(store, "code")
    first, second = new(made), new(made)
    await store.access_tokens.add(first)
    await store.access_tokens.add(second)
    assert first.token != second.token
    found = await store.access_tokens.find(first.token)
    assert found == FoundToken(made.client_id, made.issuer, first.means)
    assert await store.access_tokens.find("another") is None
    kept = str(await place.rows("SELECT * FROM access_tokens"))
    assert first.token not in kept
    assert second.token not in kept


async def test_it_is_kept_with_the_login_or_not_at_all(store: Store) -> None:
    made = grant()
    code = await store.codes.reserve("code", NOW + 60)
    issued = Issued(None, new(made))
    await store.logins.save(code, made, tokens(), [], issued)
    assert issued.access_token is not None
    assert await store.access_tokens.find(issued.access_token.token) is not None
    # The code is this request's no more.
    late = Issued(None, new(made))
    assert late.access_token is not None
    with pytest.raises(InvalidGrant):
        await store.logins.save(code, grant(), tokens(), [], late)
    assert await store.access_tokens.find(late.access_token.token) is None


async def test_it_ends_with_its_grant(store: Store) -> None:
    made, _ = await put_login(store, "code")
    token = new(made)
    await store.access_tokens.add(token)
    await store.grants.end(made.id)
    assert await store.access_tokens.find(token.token) is None
    with pytest.raises(InvalidGrant):
        await store.access_tokens.add(new(made))


async def test_it_is_swept_out_when_it_has_expired(
    store: Store, place: Place, clock: Clock
) -> None:
    made, _ = await put_login(store, "code", expires_at=NOW + 3600)
    old, young = new(made), new(made, NOW + 3600)
    await store.access_tokens.add(old)
    await store.access_tokens.add(young)
    clock.pass_by(60 + SLACK)
    await store.housekeeping.delete_expired()
    assert await place.rows("SELECT count(*) FROM access_tokens") == [(1,)]
    assert await store.access_tokens.find(young.token) is not None
