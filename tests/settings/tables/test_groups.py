import pytest
from pydantic import ValidationError

from snowflake.settings.tables.groups import GroupsTable


@pytest.mark.parametrize(
    "template", ["", "{", "}", "{guild", "{person}", "{}", "{0}", "{guild.name}", "{guild!r}"]
)
@pytest.mark.parametrize("key", ["guild_name", "role_name"])
def test_a_template_names_guild_and_role_and_nothing_else(key: str, template: str) -> None:
    with pytest.raises(ValidationError, match=key):
        GroupsTable.model_validate({key: template})


@pytest.mark.parametrize("template", ["{guild}", "{{{role}}} of {guild_id}", "{role_id}", "plain"])
def test_other_text_stands_for_itself(template: str) -> None:
    assert GroupsTable(role_name=template).role_name == template


def test_ids_may_be_numbers() -> None:
    table = GroupsTable.model_validate({"guilds": [197038439483310086, "41"]})
    assert table.guilds == ("197038439483310086", "41")


@pytest.mark.parametrize("guild", [True, 0, -1, 1.5, "", "abc", "0123", "1" * 21])
def test_what_is_no_id_is_refused(guild: object) -> None:
    with pytest.raises(ValidationError, match=r"guilds\.0"):
        GroupsTable.model_validate({"guilds": [guild]})


@pytest.mark.parametrize("maximum", [0, 1001])
def test_the_number_of_groups_is_bounded(maximum: int) -> None:
    with pytest.raises(ValidationError, match="maximum"):
        GroupsTable(maximum=maximum)
