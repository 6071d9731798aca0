"""What people have allowed clients to learn."""

import asyncio

from snowflake.store import Store
from snowflake.store.consents import Consent
from tests.running import NOW, Clock
from tests.store.furniture import PERSON

OTHER = "80351110224678913"


async def test_what_was_ever_allowed_stays_allowed_until_it_is_withdrawn(
    store: Store, clock: Clock
) -> None:
    consents = store.consents
    await consents.give(PERSON, "wiki", {"openid", "email"})
    clock.pass_by(10)
    await consents.give(PERSON, "wiki", {"openid", "profile"})
    assert await consents.scopes(PERSON, "wiki") == {"openid", "email", "profile"}
    assert await consents.of_person(PERSON) == [
        Consent("wiki", ("email", "openid", "profile"), NOW + 10)
    ]
    await consents.withdraw(PERSON, "wiki")
    assert await consents.scopes(PERSON, "wiki") == frozenset()


async def test_what_is_allowed_counts_for_one_person_and_one_client(store: Store) -> None:
    await store.consents.give(PERSON, "wiki", {"openid"})
    assert await store.consents.scopes(OTHER, "wiki") == frozenset()
    assert await store.consents.scopes(PERSON, "grafana") == frozenset()


async def test_answers_in_several_windows_at_once_all_count(store: Store) -> None:
    scopes = ("openid", "email", "profile", "groups", "discord")
    await asyncio.gather(*(store.consents.give(PERSON, "wiki", {scope}) for scope in scopes))
    assert await store.consents.scopes(PERSON, "wiki") == {*scopes}
