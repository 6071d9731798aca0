from typing import get_args

from snowflake.discord.models import RoleConnectionMetadata
from snowflake.linked_roles.schema import TYPES, difference, schema_of
from snowflake.settings.tables.metadata import LOCALES, MetadataType
from tests.linked_roles.tables import linked_roles, metadata
from tests.sandbox.openapi import SPECIFICATION, assert_valid

FULL = {
    **metadata("member", "boolean_equal"),
    "name_localizations": {"de": "Mitglied"},
    "description_localizations": {"de": "Ist Mitglied", "sv-SE": "Är medlem"},
}


def schema(*items: object) -> tuple[RoleConnectionMetadata, ...]:
    return schema_of(linked_roles(*items))


def test_the_schema_is_written_as_discord_wants_it() -> None:
    full, plain = schema(FULL, metadata("years", "integer_greater_than_or_equal"))
    assert full.model_dump() == {
        "type": 7,
        "key": "member",
        "name": "Member",
        "description": "About member",
        "name_localizations": {"de": "Mitglied"},
        "description_localizations": {"de": "Ist Mitglied", "sv-SE": "Är medlem"},
    }
    for item in (full, plain):
        assert_valid(item.model_dump(), "ApplicationRoleConnectionsMetadataItemRequest")
    assert plain.model_dump(exclude_none=True) == {
        "type": 2,
        "key": "years",
        "name": "Years",
        "description": "About years",
    }


def test_every_type_has_the_number_of_discords_specification() -> None:
    named = {
        one["title"].lower().replace("_than_equal", "_than_or_equal"): one["const"]
        for one in SPECIFICATION["components"]["schemas"]["MetadataItemTypes"]["oneOf"]
    }
    assert named == TYPES
    assert set(get_args(MetadataType)) == set(TYPES)


def test_the_languages_are_those_of_discords_specification() -> None:
    locales = SPECIFICATION["components"]["schemas"]["AvailableLocalesEnum"]["oneOf"]
    assert tuple(one["const"] for one in locales) == LOCALES


def test_nothing_differs_where_all_is_equal() -> None:
    assert difference(schema(FULL), schema(FULL)) == []
    assert difference((), ()) == []
    empty = schema()[0].model_copy(update={"name_localizations": {}})
    assert difference(schema(), [empty]) == []


def test_what_is_new_and_what_goes_is_told() -> None:
    new, old = schema(metadata("a")), schema(metadata("b", "integer_equal"))
    assert difference(new, old) == [
        "added: a (boolean_equal): 'A'",
        "removed: b (integer_equal): 'B'",
    ]


def test_what_changes_is_told() -> None:
    other = {
        **FULL,
        "type": "boolean_not_equal",
        "name": "Members",
        "description": "Another",
        "name_localizations": {"fr": "Membre"},
        "description_localizations": {"de": "Anders", "sv-SE": "Är medlem"},
    }
    assert difference(schema(other), schema(FULL)) == [
        "changed: member: type from boolean_equal to boolean_not_equal",
        "changed: member: name from 'Member' to 'Members'",
        "changed: member: description from 'About member' to 'Another'",
        "changed: member: name_localizations.de from 'Mitglied' to nothing",
        "changed: member: description_localizations.de from 'Ist Mitglied' to 'Anders'",
        "changed: member: name_localizations.fr from nothing to 'Membre'",
    ]


def test_another_order_is_told() -> None:
    a, b = metadata("a"), metadata("b")
    assert difference(schema(a, b), schema(b, a)) == ["order: a, b in place of b, a"]


def test_what_discord_has_does_no_harm_to_a_terminal() -> None:
    theirs = RoleConnectionMetadata(type=9, key="a", name="\x1b[2J\u202e", description="")
    [removed] = difference((), [theirs])
    assert removed == r"removed: a (type 9): '\x1b[2J\u202e'"
    assert removed.isprintable()
