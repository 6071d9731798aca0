"""Which guilds have to be looked at for the policies."""

import pytest

from snowflake.oidc.needs import needs_of
from snowflake.people.policies.guilds import moderation_guilds, role_guilds
from snowflake.settings.tables.groups import GroupsTable
from tests.people.policies.cases import API, BIRDS, KEEPER, client

GROUPS = GroupsTable(guilds=(BIRDS,))


def test_nobody_is_looked_at_who_only_has_to_be_in_a_guild() -> None:
    to = client(GROUPS, any_guild=[API], two_factor=True)
    assert role_guilds(to) == ()
    assert moderation_guilds(to) == ()


def test_roles_are_looked_for_in_all_guilds_that_are_named() -> None:
    to = client(GROUPS, all_guilds=[API, BIRDS], no_role=[KEEPER])
    assert role_guilds(to) == (API, BIRDS)
    assert moderation_guilds(to) == ()


def test_moderation_counts_in_the_guilds_of_the_gates_else_in_those_of_the_groups() -> None:
    assert moderation_guilds(client(GROUPS, any_guild=[API], screened=True)) == (API,)
    assert moderation_guilds(client(GROUPS, not_timed_out=True)) == (BIRDS,)
    assert role_guilds(client(GROUPS, not_timed_out=True)) == ()


@pytest.mark.parametrize("groups", [GROUPS, GroupsTable()])
@pytest.mark.parametrize("any_guild", [[], [API]])
@pytest.mark.parametrize("condition", [{"no_role": [KEEPER]}, {"screened": True}, {}])
def test_whatever_the_policies_look_at_is_fetched(
    groups: GroupsTable, any_guild: list[str], condition: dict[str, object]
) -> None:
    to = client(groups, any_guild=any_guild, **condition)
    fetched = needs_of(to, ["openid"]).members
    assert set(fetched) == {*role_guilds(to), *moderation_guilds(to)}
