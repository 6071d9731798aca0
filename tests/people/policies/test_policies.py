"""What holds for all policies together."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.discord.models import Guild, Member, User
from snowflake.errors import AccessDenied, TemporarilyUnavailable
from snowflake.people.person import Person
from snowflake.people.policies import POLICIES, admit, check_age, refusals
from snowflake.people.policies.case import Case
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.groups import GroupsTable
from tests.people.policies.cases import (
    API,
    BANNED,
    BIRDS,
    CHOIR,
    KEEPER,
    NELLY,
    SINGER,
    STRANGER,
    client,
    in_guilds,
    refused,
)
from tests.running import NOW

#: Fields of the table that are no conditions of their own.
NO_CONDITIONS: Final = {"oldest_membership", "invite", "guests", "watch"}
#: Conditions that an ID alone tells of.
OF_THE_ID: Final = {name for name, policy in POLICIES.items() if policy.needs == "id"}
EXAMPLES: Final[Mapping[str, object]] = {
    "any_guild": [BIRDS],
    "all_guilds": [BIRDS],
    "any_role": [KEEPER],
    "all_roles": [KEEPER],
    "no_role": [BANNED],
    "screened": True,
    "not_timed_out": True,
    "verified_email": True,
    "two_factor": True,
}
GROUPS: Final = GroupsTable(guilds=(BIRDS, API))

_GUILDS = st.sampled_from([BIRDS, API, CHOIR])
_ROLES = st.sampled_from([KEEPER, SINGER, BANNED])
_IDS = st.sampled_from([NELLY, "2", str(1 << 62)])
_SWITCH = st.just(True)
_CONDITIONS = {
    **dict.fromkeys(("any_guild", "all_guilds"), st.lists(_GUILDS, min_size=1, max_size=2)),
    **dict.fromkeys(("any_role", "all_roles", "no_role"), st.lists(_ROLES, min_size=1, max_size=2)),
    **dict.fromkeys(("people", "no_people"), st.lists(_IDS, min_size=1, max_size=2)),
    **dict.fromkeys(("verified_email", "two_factor", "screened", "not_timed_out"), _SWITCH),
    "min_account_age": st.just("30d"),
}
_MEMBERS = st.builds(
    Member,
    roles=st.frozensets(_ROLES),
    pending=st.booleans(),
    communication_disabled_until=st.sampled_from(
        [None, *(datetime.fromtimestamp(NOW + one, UTC) for one in (-60, 60))]
    ),
)
_PEOPLE = st.builds(
    Person,
    user=st.builds(
        User,
        id=_IDS,
        username=st.just("nelly"),
        email=st.sampled_from([None, "nelly@example.com"]),
        verified=st.sampled_from([None, False, True]),
        mfa_enabled=st.sampled_from([None, False, True]),
    ),
    guilds=st.lists(st.builds(Guild, id=_GUILDS), max_size=3).map(tuple),
    members=st.dictionaries(_GUILDS, st.none() | _MEMBERS),
)


def test_every_condition_has_its_policy() -> None:
    assert set(POLICIES) == set(AccessTable.model_fields) - NO_CONDITIONS
    assert set(EXAMPLES) == set(POLICIES) - OF_THE_ID


def test_without_conditions_everybody_is_admitted() -> None:
    admit(STRANGER, client(), NOW)


@pytest.mark.parametrize("policy", EXAMPLES)
def test_somebody_of_whom_nothing_is_known_is_refused(policy: str) -> None:
    to = client(GROUPS, **{policy: EXAMPLES[policy]})
    assert refused(STRANGER, to) == [policy]


@given(_PEOPLE, st.fixed_dictionaries({}, optional=_CONDITIONS))
def test_a_further_condition_admits_nobody_more(
    person: Person, conditions: dict[str, object]
) -> None:
    admitted = not refused(person, client(GROUPS, **conditions))
    for further in conditions:
        fewer = {name: value for name, value in conditions.items() if name != further}
        if "guild" in further and not AccessTable.model_validate(fewer).guilds:
            # To name the first guild changes in which of them moderation counts.
            continue
        assert not admitted or not refused(person, client(GROUPS, **fewer))


@given(_PEOPLE, st.fixed_dictionaries({}, optional=_CONDITIONS))
def test_a_refusal_is_by_a_condition_that_is_set_and_speaks_in_sentences(
    person: Person, conditions: dict[str, object]
) -> None:
    refused_by = refusals(person, client(GROUPS, **conditions), NOW)
    assert {one.policy for one in refused_by} <= set(conditions)
    assert all(one.sentence.endswith(".") for one in refused_by)
    assert all(one.solvable or not one.by_joining for one in refused_by)


@given(_PEOPLE, st.fixed_dictionaries({}, optional=_CONDITIONS))
def test_each_policy_judges_by_nothing_but_what_it_needs(
    person: Person, conditions: dict[str, object]
) -> None:
    to = client(GROUPS, **conditions)
    public = person.user.model_copy(update=dict.fromkeys(("email", "verified", "mfa_enabled")))
    for policy in POLICIES.values():
        seen = person
        if policy.needs != "own token":
            seen = replace(seen, user=public)
        if policy.needs != "guilds":
            seen = replace(seen, guilds=(), members={})
        refused_by, by_less = (policy.check(Case(one, to, NOW)) for one in (person, seen))
        assert refused_by == by_less


def test_a_refusal_names_its_policies_and_nobodys_id() -> None:
    with pytest.raises(AccessDenied) as caught:
        admit(STRANGER, client(any_guild=[BIRDS], no_people=[NELLY]), NOW)
    assert caught.value.description == "the person may not sign in: no_people, any_guild"
    assert caught.value.solvable


def test_a_page_helps_nobody_who_can_do_nothing() -> None:
    with pytest.raises(AccessDenied) as caught:
        admit(STRANGER, client(no_people=[NELLY]), NOW)
    assert not caught.value.solvable


def test_too_old_a_membership_is_an_outage_and_no_refusal() -> None:
    to = client(any_guild=[BIRDS], oldest_membership="1m")
    admit(replace(in_guilds(BIRDS), age=60), to, NOW)
    for person in (in_guilds(BIRDS), STRANGER):
        with pytest.raises(TemporarilyUnavailable) as caught:
            admit(replace(person, age=60.5), to, NOW)
        assert caught.value.cause == "what is known is 61 seconds old"


@pytest.mark.parametrize("policy", EXAMPLES)
def test_the_age_matters_to_conditions_on_memberships_alone(policy: str) -> None:
    to = client(GROUPS, **{policy: EXAMPLES[policy]})
    person = replace(STRANGER, age=timedelta(hours=1).total_seconds())
    if POLICIES[policy].needs == "guilds":
        with pytest.raises(TemporarilyUnavailable):
            check_age(person, to)
    else:
        check_age(person, to)
