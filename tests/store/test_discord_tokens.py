"""Several pairs of Discord's tokens of one person, each for what no newer one can do."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from snowflake.store import Store
from snowflake.store.codes import Unknown
from snowflake.store.discord_tokens import REFUSED, StoredTokens
from snowflake.store.logins import Issued
from snowflake.store.refresh_tokens import new_token
from tests.running import NOW, Clock
from tests.store.furniture import APPLICATION, PERSON, grant, put_login, tokens


def pair(scope: str, expires_at: int = NOW + 3600, needed_until: int = 0) -> StoredTokens:
    """A pair whose access token is called by its scopes and its end."""
    return StoredTokens(
        application=APPLICATION,
        person=PERSON,
        access_token=SecretStr(f"{scope}@{expires_at - NOW}"),
        refresh_token=SecretStr(f"refresh {scope}"),
        scopes=frozenset(scope.split()),
        expires_at=expires_at,
        needed_until=needed_until,
    )


async def kept(store: Store) -> set[str]:
    pairs = await store.discord_tokens.of(APPLICATION, PERSON)
    return {one.access_token.get_secret_value() for one in pairs}


@pytest.mark.parametrize(
    ("brought", "left"),
    [
        (["a b", "a"], {"a b@0", "a@1"}),
        (["a", "a b"], {"a b@1"}),
        (["a b", "a b"], {"a b@1"}),
        (["a b", "a c"], {"a b@0", "a c@1"}),
        (["a b", "a c", "a b c"], {"a b c@2"}),
        (["a b", "a", "a"], {"a b@0", "a@2"}),
    ],
)
async def test_a_pair_goes_when_a_newer_one_can_do_all_that_it_can(
    store: Store, brought: list[str], left: set[str]
) -> None:
    for number, scope in enumerate(brought):
        await store.discord_tokens.put(pair(scope, NOW + number))
    assert await kept(store) == left


async def test_a_pair_that_comes_late_does_not_replace_a_newer_one(store: Store) -> None:
    await store.discord_tokens.put(pair("a b", NOW + 1))
    await store.discord_tokens.put(pair("a", NOW, needed_until=NOW + 10))
    assert await kept(store) == {"a b@1"}
    [newer] = await store.discord_tokens.of(APPLICATION, PERSON)
    assert newer.needed_until == NOW + 10


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("a", "a c@2"),
        ("b", "a b@1"),
        ("a b", "a b@1"),
        ("c", "a c@2"),
        ("", "a c@2"),
        ("z", "a c@2"),
    ],
)
async def test_the_pair_is_found_that_can_do_most_and_is_newest(
    store: Store, wanted: str, found: str
) -> None:
    await store.discord_tokens.put(pair("a b", NOW + 1))
    await store.discord_tokens.put(pair("a c", NOW + 2))
    best = await store.discord_tokens.find(APPLICATION, PERSON, frozenset(wanted.split()))
    assert best is not None
    assert best.access_token.get_secret_value() == found


async def test_a_login_replaces_what_it_can_do_itself(store: Store) -> None:
    await store.discord_tokens.put(pair("identify"))
    await store.discord_tokens.put(pair("guilds"))
    await put_login(store, "code")
    own = tokens().access_token.get_secret_value()
    assert await kept(store) == {own, "guilds@3600"}


async def test_what_is_done_to_a_pair_leaves_the_others_alone(store: Store) -> None:
    rows = store.discord_tokens
    wide, narrow = pair("a b"), pair("a c")
    for one in (wide, narrow):
        await rows.put(one)
    renewed = replace(wide, access_token=SecretStr("renewed"))
    assert await rows.replace(renewed)
    assert await kept(store) == {"renewed", "a c@3600"}
    # What was renewed meanwhile is not what was refused.
    await rows.forget(wide)
    await rows.refuse(wide)
    assert await rows.current(wide) == renewed
    await rows.refuse(renewed)
    refused = await rows.current(wide)
    assert refused == replace(renewed, expires_at=REFUSED)
    assert refused.refused
    # A pair that comes later is better, whenever that ends.
    await rows.put(replace(wide, expires_at=1))
    assert await kept(store) == {"a b@3600", "a c@3600"}
    await rows.refuse(renewed)
    assert await kept(store) == {"a b@3600", "a c@3600"}
    await rows.forget(wide)
    assert await kept(store) == {"a c@3600"}


async def test_a_pair_that_is_gone_is_not_renewed_but_what_has_taken_its_place_is_found(
    store: Store,
) -> None:
    old, new = pair("a"), pair("a b")
    await store.discord_tokens.put(old)
    await store.discord_tokens.put(new)
    assert not await store.discord_tokens.replace(old)
    assert await store.discord_tokens.current(old) == new
    await store.people.erase(PERSON)
    assert await store.discord_tokens.current(old) is None


async def test_who_is_on_their_way_to_a_pair_is_on_their_way_to_what_takes_its_place(
    store: Store,
) -> None:
    await store.discord_tokens.put(pair("a", needed_until=NOW + 1800))
    await store.discord_tokens.put(pair("a b", needed_until=NOW + 10))
    [one] = await store.discord_tokens.of(APPLICATION, PERSON)
    assert one.needed_until == NOW + 1800
    assert await store.discord_tokens.replace(replace(one, needed_until=0))
    [one] = await store.discord_tokens.of(APPLICATION, PERSON)
    assert one.needed_until == NOW + 1800
    await store.discord_tokens.release(APPLICATION, PERSON)
    [one] = await store.discord_tokens.of(APPLICATION, PERSON)
    assert one.needed_until == 0


@pytest.mark.parametrize(
    ("person", "spent", "seconds", "left", "under_way"),
    [
        (None, False, 0, None, True),
        (None, False, 21, None, False),
        (None, False, 21, "exchanged", True),
        (PERSON, False, 21, "exchanged", True),
        ("another person", False, 0, "exchanged", False),
        (None, True, 0, None, False),
        (PERSON, False, 60, "exchanged", False),
    ],
)
async def test_a_login_is_under_way_until_it_is_done_or_surely_somebody_else_s(
    store: Store,
    clock: Clock,
    *,
    person: str | None,
    spent: bool,
    seconds: int,
    left: str | None,
    under_way: bool,
) -> None:
    code = await store.codes.reserve("code", NOW + 60, whose=Unknown(APPLICATION))
    if left is not None:
        await store.codes.release(code, left, person)
    if spent:
        await store.codes.spend(code)
    clock.pass_by(seconds)
    assert await store.under_way.includes(APPLICATION, PERSON) is under_way
    assert not await store.under_way.includes("another application", PERSON)


async def test_who_is_erased_has_no_login_under_way(store: Store) -> None:
    code = await store.codes.reserve("code", NOW + 60, whose=Unknown(APPLICATION))
    await store.codes.release(code, "exchanged", PERSON)
    await store.people.erase(PERSON)
    assert not await store.under_way.includes(APPLICATION, PERSON)
    again = await store.codes.reserve("code", NOW + 60, whose=Unknown(APPLICATION))
    assert again.left is None


async def test_older_claims_do_not_replace_newer_ones(store: Store) -> None:
    grant, _ = await put_login(store, "code")
    newer = replace(grant, claims={"sub": PERSON, "name": "newer"}, claims_at=NOW + 10)
    older = replace(grant, claims={"sub": PERSON, "name": "older"}, claims_at=NOW + 5)
    await store.grants.renew_claims(newer)
    await store.grants.renew_claims(older)
    assert await store.grants.find(grant.id) == newer


async def test_a_login_is_under_way_until_it_has_made_its_grant(store: Store) -> None:
    async def is_under_way() -> bool:
        return await store.under_way.includes(APPLICATION, PERSON)

    code = await store.codes.reserve("code", NOW + 60, 0, Unknown(APPLICATION), "login")
    assert await is_under_way()
    await store.logins.save(code, grant(), tokens(), [], Issued(new_token()))
    assert not await is_under_way()
    # Another code of it makes another grant.
    await store.codes.reserve("another code", NOW + 60, 0, Unknown(APPLICATION), "login")
    assert await is_under_way()
