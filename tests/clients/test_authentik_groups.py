"""What becomes of groups in Authentik, with the mapping of the blueprint and without it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from snowflake.operator.authentik.mappings import groups
from tests.clients.authentik import ServerError
from tests.clients.authentik_directory import Directory, FlowError, directory

OWL, WREN, BIRDS = "300000000000000001", "300000000000000002", "197038439483310086"
MAPPING = groups("")
ADA, NELLY = "1", "2"


@pytest.fixture
def authentik() -> Iterator[Directory]:
    with directory() as empty:
        yield empty


def info(
    names: Mapping[str, str], *guilds: str, sub: str = ADA, **changes: object
) -> dict[str, Any]:
    """Answer the claims of somebody in groups of these names, by their IDs."""
    beside = {"group_names": dict(names), "group_guilds": list(guilds)}
    return {"sub": sub, "groups": list(names), **beside, **changes}


def test_a_group_is_called_by_its_name_and_knows_of_what_it_is_the_id(authentik: Directory) -> None:
    authentik.sign_in(authentik.source(), MAPPING, info({OWL: "Birds:Owl", BIRDS: "Birds"}, BIRDS))
    assert authentik.groups_of(ADA) == ["Birds", "Birds:Owl"]
    assert authentik.attributes("Birds:Owl") == {"discord_role_id": OWL}
    assert authentik.attributes("Birds") == {"discord_guild_id": BIRDS}


def test_a_role_that_is_renamed_is_the_same_group_with_the_same_people(
    authentik: Directory,
) -> None:
    source = authentik.source()
    authentik.sign_in(source, MAPPING, info({OWL: "Owl"}, sub=NELLY))
    authentik.sign_in(source, MAPPING, info({OWL: "Barn owl"}))
    assert authentik.groups_of(NELLY) == authentik.groups_of(ADA) == ["Barn owl"]


def test_a_role_that_is_taken_away_is_gone_and_groups_of_other_origin_stay(
    authentik: Directory,
) -> None:
    source = authentik.source()
    authentik.sign_in(source, MAPPING, info({OWL: "Owl", WREN: "Wren"}))
    authentik.sign_in(authentik.source("keycloak"), "", {"sub": ADA, "groups": ["staff"]})
    authentik.sign_in(source, MAPPING, info({WREN: "Wren"}))
    assert authentik.groups_of(ADA) == ["Wren", "staff"]
    authentik.sign_in(source, MAPPING, info({}))
    assert authentik.groups_of(ADA) == ["staff"]


@pytest.mark.parametrize(
    ("taken", "called"),
    [
        (["admins"], f"admins ({OWL})"),
        (["admins", f"admins ({OWL})"], OWL),
    ],
)
def test_a_role_called_like_a_group_neither_joins_it_nor_ends_the_login(
    authentik: Directory, taken: list[str], called: str
) -> None:
    for name in taken:
        authentik.make(name)
    for _ in range(2):
        authentik.sign_in(authentik.source(), MAPPING, info({OWL: "admins"}))
        assert authentik.groups_of(ADA) == [called]


def test_without_the_mapping_such_a_role_keeps_what_was_revoked(authentik: Directory) -> None:
    authentik.make("admins")
    source = authentik.source()
    authentik.sign_in(source, "", {"sub": ADA, "groups": ["moderators"]})
    with pytest.raises(FlowError, match="UNIQUE"):
        authentik.sign_in(source, "", {"sub": ADA, "groups": ["admins"]})
    assert authentik.groups_of(ADA) == ["moderators"]


def test_two_roles_that_swap_their_names_have_them_after_two_logins(authentik: Directory) -> None:
    source = authentik.source()
    authentik.sign_in(source, MAPPING, info({OWL: "Owl", WREN: "Wren"}))
    swapped = info({OWL: "Wren", WREN: "Owl"})
    authentik.sign_in(source, MAPPING, swapped)
    assert authentik.groups_of(ADA) == [f"Owl ({WREN})", f"Wren ({OWL})"]
    authentik.sign_in(source, MAPPING, swapped)
    assert authentik.groups_of(ADA) == ["Owl", "Wren"]
    assert authentik.attributes("Owl") == {"discord_role_id": WREN}


def test_two_roles_of_one_name_are_two_groups(authentik: Directory) -> None:
    # As with one name of the operator's own for both.
    authentik.sign_in(authentik.source(), MAPPING, info({OWL: "birds", WREN: "birds"}))
    assert authentik.groups_of(ADA) == [f"birds ({OWL})", f"birds ({WREN})"]


def test_two_sources_have_groups_of_their_own(authentik: Directory) -> None:
    for slug in ("discord", "second"):
        authentik.sign_in(authentik.source(slug), MAPPING, info({OWL: "Owl"}))
    assert authentik.groups_of(ADA) == ["Owl", f"Owl ({OWL})"]
    authentik.sign_in(authentik.source("second"), MAPPING, info({}))
    assert authentik.groups_of(ADA) == ["Owl"]


@pytest.mark.parametrize("prefix", ["discord-", 'it\'s "{name}" \\ ', "🦉 "])
def test_a_prefix_keeps_names_apart(authentik: Directory, prefix: str) -> None:
    authentik.make("Owl")
    authentik.sign_in(authentik.source(), groups(prefix), info({OWL: "Owl"}))
    assert authentik.groups_of(ADA) == [f"{prefix}Owl"]


@pytest.mark.parametrize("group", ["Birds:Owl", OWL])
def test_without_names_a_group_is_called_as_snowflake_writes_it(
    authentik: Directory, group: str
) -> None:
    alone = {"sub": ADA, "groups": [group]}
    authentik.sign_in(authentik.source(), MAPPING, alone)
    assert authentik.groups_of(ADA) == [group]
    assert authentik.attributes(group) == {}
    authentik.sign_in(authentik.source("second"), MAPPING, alone)
    assert authentik.groups_of(ADA) == [group, f"{group} (second)"]


def test_groups_that_are_matched_by_name_are_those_made_by_hand(authentik: Directory) -> None:
    authentik.make("moderators")
    source = authentik.source(matching="name_link")
    for _ in range(2):
        authentik.sign_in(source, MAPPING, {"sub": ADA, "groups": ["moderators"]})
        assert authentik.groups_of(ADA) == ["moderators"]
    # That is why it takes only_named: anybody may call a role so.
    authentik.make("authentik Admins")
    authentik.sign_in(source, MAPPING, {"sub": NELLY, "groups": ["authentik Admins"]})
    assert authentik.groups_of(NELLY) == ["authentik Admins"]


def test_two_ids_cannot_be_one_group_made_by_hand(authentik: Directory) -> None:
    # With shape = "name" both are the one string that their names are.
    authentik.make("moderators")
    source = authentik.source(matching="name_link")
    with pytest.raises(FlowError, match="UNIQUE"):
        authentik.sign_in(source, MAPPING, info({OWL: "moderators", WREN: "moderators"}))


def test_objects_are_an_error_500_before_anything_is_written(authentik: Directory) -> None:
    objects = {"sub": ADA, "groups": [{"id": OWL, "name": "Owl"}]}
    with pytest.raises(ServerError, match="unhashable"):
        authentik.sign_in(authentik.source(), MAPPING, objects)
    assert authentik.groups_of(ADA) == []
    authentik.sign_in(authentik.source(), MAPPING, {"sub": ADA, "groups": []})


@pytest.mark.parametrize("names", [None, {}, {WREN: "Wren"}])
def test_no_claim_of_ours_makes_the_mapping_fail(authentik: Directory, names: object) -> None:
    odd = info({}, groups=[OWL], group_names=names, group_guilds=None)
    authentik.sign_in(authentik.source(), MAPPING, odd)
    assert authentik.groups_of(ADA) == [OWL]
