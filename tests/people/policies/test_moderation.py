from dataclasses import replace
from datetime import UTC, datetime

from snowflake.people.person import Person
from snowflake.settings.tables.groups import GroupsTable
from tests.people.policies.cases import (
    API,
    BIRDS,
    STRANGER,
    client,
    looked_at,
    member,
    refusal,
    refused,
)
from tests.running import NOW

BOTH = GroupsTable(guilds=(BIRDS, API))
SCREENED = client(BOTH, screened=True)
NOT_TIMED_OUT = client(BOTH, not_timed_out=True)


def timed_out(*seconds: float) -> Person:
    """Answer somebody whose time-outs end that many seconds from now."""
    ends = [datetime.fromtimestamp(NOW + one, UTC) for one in seconds]
    members = [member(communication_disabled_until=end) for end in ends]
    return replace(STRANGER, members=dict(zip([BIRDS, API], members, strict=True)))


def test_who_has_passed_the_screening_is_admitted() -> None:
    assert refused(looked_at(birds=member(), api=None), SCREENED) == []


def test_who_is_pending_in_one_guild_is_refused() -> None:
    one = refusal(looked_at(birds=member(), api=member(pending=True)), SCREENED)
    assert one.policy == "screened"
    assert one.sentence.startswith("Accept the rules of a certain Discord server in Discord first")
    assert one.solvable
    assert not one.by_joining


def test_who_leaves_has_not_passed_the_screening() -> None:
    one = refusal(looked_at(birds=None, api=None), SCREENED)
    assert one.policy == "screened"
    assert one.by_joining


def test_where_nobody_has_looked_nobody_has_passed() -> None:
    assert not refusal(looked_at(birds=member()), SCREENED).by_joining
    assert refused(STRANGER, SCREENED) == ["screened"]
    assert refused(STRANGER, client(screened=True)) == ["screened"]


def test_the_guilds_of_the_gates_go_before_those_of_the_groups() -> None:
    to = client(BOTH, any_guild=[API], screened=True, not_timed_out=True)
    assert refused(looked_at(api=member()), to) == []


def test_who_is_not_timed_out_is_admitted() -> None:
    assert refused(looked_at(birds=member(), api=None), NOT_TIMED_OUT) == []


def test_who_leaves_does_not_slip_a_time_out() -> None:
    one = refusal(looked_at(birds=None, api=None), NOT_TIMED_OUT)
    assert one.policy == "not_timed_out"
    assert one.sentence.startswith("You have to be a member of one of certain Discord servers.")
    assert one.by_joining


def test_a_time_out_that_is_over_is_no_matter() -> None:
    assert refused(timed_out(0, -60), NOT_TIMED_OUT) == []


def test_who_is_timed_out_is_told_when_the_last_one_ends() -> None:
    one = refusal(timed_out(7200, 3601), NOT_TIMED_OUT)
    assert one.sentence == (
        "You are timed out in a Discord server. You can sign in from 15 January 2027, 10:00 UTC on."
    )
    assert one.solvable


def test_somebody_may_be_timed_out_where_nobody_has_looked() -> None:
    one = refusal(looked_at(birds=member()), NOT_TIMED_OUT)
    assert one.policy == "not_timed_out"
    assert not one.solvable
    assert refused(STRANGER, client(not_timed_out=True)) == ["not_timed_out"]
