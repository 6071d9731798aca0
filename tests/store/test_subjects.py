"""The name by which a client knows somebody is kept until it has heard of the end, and sealed."""

import pytest

from snowflake.store import Store
from snowflake.store.session_ends import Which
from snowflake.store.session_logins import Arrival, Entry
from snowflake.store.sessions import Account, Session
from tests.running import NOW, Clock
from tests.store.furniture import APPLICATION, PERSON, tokens
from tests.store.places import Place
from tests.store.test_sealing import NEW, OLD

ADDRESS = "nelly@example.com"
TOLD = frozenset({"wiki", "forum"})


async def begin(store: Store, subject: str = ADDRESS) -> Session:
    """Sign somebody in whom the wiki knows by a name, and the forum by their ID."""
    account = Account("{}", frozenset(), NOW)
    session = Session(
        APPLICATION, PERSON, "https://id.example.com", "b", NOW, NOW, NOW, NOW + 3600, account
    )
    arrival = Arrival("wiki", subject, tokens())
    begun = await store.session_logins.begin(session, "identifier", None, arrival, told=())
    await store.session_logins.enter(begun, Entry("forum", PERSON, None), account)
    return begun


async def names(store: Store, session: Session) -> dict[str, str]:
    return {one.client_id: one.subject for one in await store.sessions.participants(session)}


async def waiting(store: Store) -> dict[str, str]:
    return {one.client_id: one.subject for one in await store.logout_deliveries.of_person(PERSON)}


async def test_it_goes_from_the_session_to_what_is_to_be_told_and_shows_nowhere(
    place: Place, store: Store
) -> None:
    session = await begin(store)
    known = {"wiki": ADDRESS, "forum": PERSON}
    assert await names(store, session) == known
    assert ADDRESS.encode() not in place.content()
    await store.session_ends.end(Which(session=session.id), told=TOLD)
    assert await waiting(store) == known
    assert ADDRESS.encode() not in place.content()
    delivery = await store.logout_deliveries.take("wiki")
    assert delivery is not None
    assert (delivery.subject, delivery.person) == (ADDRESS, PERSON)


@pytest.mark.parametrize("then", ["owl@example.com", PERSON])
async def test_the_last_one_counts(store: Store, then: str) -> None:
    session = await begin(store)
    entry = Entry("wiki", then, None)
    await store.session_logins.enter(session, entry, session.account)
    assert (await names(store, session))["wiki"] == then


@pytest.mark.parametrize("has_ended", [False, True])
async def test_it_outlives_the_key_that_sealed_it(
    place: Place, clock: Clock, *, has_ended: bool
) -> None:
    async with place.store(clock, OLD) as store:
        session = await begin(store)
        if has_ended:
            await store.session_ends.end(Which(session=session.id), told=TOLD)
    async with place.store(clock, NEW, OLD) as store:
        await store.housekeeping.seal_anew()
    async with place.store(clock, NEW) as store:
        found = await (waiting(store) if has_ended else names(store, session))
        assert found == {"wiki": ADDRESS, "forum": PERSON}


async def test_one_that_was_swapped_with_another_is_not_believed(
    place: Place, store: Store
) -> None:
    session = await begin(store)
    subject = "SELECT subject FROM session_clients WHERE client_id = 'wiki'"
    await place.change(f"UPDATE session_clients SET subject = ({subject})")  # noqa: S608 - ours
    with pytest.raises(ValueError, match="another"):
        await store.sessions.participants(session)
