from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from snowflake.settings.tables.linked_roles import LinkedRolesTable
from snowflake.settings.tables.table import is_secret
from tests.linked_roles.tables import linked_roles, metadata


def fault(*items: Any, **settings: Any) -> tuple[str, str]:
    """Answer where the only fault is, and what."""
    with pytest.raises(ValidationError) as caught:
        linked_roles(*items, **settings)
    [details] = caught.value.errors()
    return ".".join(map(str, details["loc"])), details["msg"].removeprefix("Value error, ")


def test_what_need_not_be_said_has_a_default() -> None:
    table = linked_roles()
    assert table.scopes == ("openid", "profile", "offline_access")
    assert table.username_claim == "preferred_username"
    assert table.exclusive
    assert table.sync_every == timedelta(hours=6)
    assert table.hook_secret is None
    assert table.metadata[0].name_localizations == {}


def test_the_example_of_the_readme_is_taken() -> None:
    item = {
        **metadata("member", "boolean_equal", "contains(groups, 'members')"),
        "name_localizations": {"de": "Mitglied"},
        "description_localizations": {"pt-BR": "Membro"},
    }
    table = linked_roles(
        item,
        scopes=["openid", "profile", "groups", "offline_access"],
        sync_every="0",
        hook_secret="the hook's secret",
    )
    assert table.sync_every == timedelta(0)
    assert table.metadata[0].expression.search({"groups": ["members"]}) is True
    assert "hook's" not in repr(table)
    assert "upstream secret" not in repr(table)


def test_a_hook_secret_that_is_easy_to_guess_is_told() -> None:
    told = fault(hook_secret="hook")
    assert told == ("hook_secret", "must be at least 16 characters long and random")
    assert linked_roles(hook_secret="f" * 16).hook_secret


def test_a_provider_on_this_machine_needs_no_https() -> None:
    assert linked_roles(issuer="http://localhost:9000/o/").issuer == "http://localhost:9000/o/"


def test_both_secrets_may_stand_in_files() -> None:
    secrets = {name for name, field in LinkedRolesTable.model_fields.items() if is_secret(field)}
    assert secrets == {"client_secret", "hook_secret"}


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"issuer": "authentik.example.com"}, "issuer"),
        ({"issuer": "https://authentik.example.com/?a"}, "issuer"),
        ({"issuer": "http://authentik.example.com/"}, "issuer"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "a\nb"}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"hook_secret": ""}, "hook_secret"),
        ({"hook_secret": "f" * 15}, "hook_secret"),
        ({"platform_name": "n" * 51}, "platform_name"),
        ({"platform_name": " "}, "platform_name"),
        ({"username_claim": ""}, "username_claim"),
        ({"scopes": ["profile"]}, "scopes"),
        ({"scopes": ["openid", "a b"]}, "scopes.1"),
        ({"sync_every": "59s"}, "sync_every"),
        ({"sync_every": "6 hours"}, "sync_every"),
        ({"exclusive": "perhaps"}, "exclusive"),
        ({"metadata": []}, "metadata"),
        ({"metadata": [metadata(str(number)) for number in range(6)]}, "metadata"),
        ({"another": 1}, "another"),
    ],
)
def test_a_bad_setting_is_a_fault(settings: dict[str, Any], place: str) -> None:
    assert fault(**settings)[0] == place


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"key": ""}, "key"),
        ({"key": "Member"}, "key"),
        ({"key": "k" * 51}, "key"),
        ({"name": ""}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"description": "d" * 201}, "description"),
        ({"type": "boolean"}, "type"),
        ({"type": 7}, "type"),
        ({"name_localizations": {"klingon": "jup"}}, "name_localizations.klingon.[key]"),
        ({"name_localizations": {"de": ""}}, "name_localizations.de"),
        ({"description_localizations": {"de": "d" * 201}}, "description_localizations.de"),
        ({"value": "v" * 1001}, "value"),
    ],
)
def test_bad_metadata_are_a_fault(item: dict[str, Any], place: str) -> None:
    assert fault({**metadata(), **item})[0] == f"metadata.0.{place}"


def test_a_key_is_there_once() -> None:
    told = fault(metadata("a"), metadata("b"), metadata("a"))
    assert told == ("metadata", "has the key a more than once")


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("", "is no JMESPath expression: there is a fault"),
        ("a b", "is no JMESPath expression: there is a fault at column 3"),
        ("'open", "is no JMESPath expression: there is a fault"),
        ("contains(groups,", "is no JMESPath expression: there is a fault"),
        ("count(groups)", "calls count, which is no function of JMESPath"),
        ("a[?count(@)] | [0]", "calls count, which is no function of JMESPath"),
        ("contains(groups)", "calls contains with 1 arguments; it takes 2"),
        ("length(a, b)", "calls length with 2 arguments; it takes 1"),
        ("(" * 500 + "a", "is no JMESPath expression: there is a fault"),
    ],
)
def test_an_expression_that_cannot_work_is_a_fault(expression: str, told: str) -> None:
    place, message = fault(metadata(value=expression))
    assert place == "metadata.0.value"
    assert message.startswith(told)
    assert "\n" not in message
