"""The claim ``groups``, however hostile the names of guilds and roles are."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from snowflake.discord.models import Guild, Member, Role, User
from snowflake.people.groups import group_guilds_of, group_names_of, groups_of
from snowflake.people.groups.names import Names
from snowflake.people.groups.spelling import _stands_out, alike, reads_as_id, separators, without
from snowflake.people.groups.things import Thing
from snowflake.people.person import Person
from snowflake.settings.tables.groups import GroupsTable

NELLY: Final = User(id="80351110224678912", username="nelly")
BIRDS, CATS, ELSEWHERE = "197038439483310086", "197038439483310087", "81384788765712384"
OWL, WREN, BOT, OWL2 = (str(300000000000000000 + n) for n in range(4))
ROLES: Final = {
    BIRDS: (
        Role(id=BIRDS, name="@everyone", managed=False),
        Role(id=OWL, name="Owl", managed=False),
        Role(id=WREN, name="Wren", managed=False),
        Role(id=BOT, name="Beep", managed=True),
    )
}
NAMES: Final = {BIRDS: "Birds"}
BOTH: Final = (Guild(id=BIRDS, name="Birds"), Guild(id=ELSEWHERE, name="Elsewhere"))


def person(
    *roles: str,
    guilds: tuple[Guild, ...] = BOTH,
    known: Mapping[str, tuple[Role, ...]] = ROLES,
    names: Mapping[str, str] = NAMES,
) -> Person:
    """Answer somebody who is in Birds, with these roles."""
    members = {BIRDS: Member(roles=frozenset(roles))}
    return Person(NELLY, guilds=guilds, members=members, roles=known, guild_names=names)


def table(**changes: object) -> GroupsTable:
    return GroupsTable.model_validate(
        {"include": ["guilds", "roles"], "guilds": [BIRDS], "shape": "name", **changes}
    )


def renamed(**names: str) -> dict[str, tuple[Role, ...]]:
    return {
        BIRDS: (
            Role(id=OWL, name=names["owl"], managed=False),
            Role(id=WREN, name=names["wren"], managed=False),
        )
    }


@pytest.mark.parametrize(
    ("changes", "groups"),
    [
        ({"shape": "id", "include": ["guilds"], "guilds": []}, [ELSEWHERE, BIRDS]),
        ({"shape": "id"}, [BIRDS, OWL, WREN, ELSEWHERE]),
        ({"shape": "id", "include": ["roles"]}, [OWL, WREN]),
        ({"shape": "id", "include": []}, []),
        ({"shape": "id", "prefix": "d-", "include": ["roles"]}, [f"d-{OWL}", f"d-{WREN}"]),
        ({"shape": "id", "managed": True, "include": ["roles"]}, [OWL, WREN, BOT]),
        ({"shape": "id", "everyone": True, "include": ["roles"]}, [BIRDS, OWL, WREN]),
        ({"shape": "id", "everyone": True}, [BIRDS, OWL, WREN, ELSEWHERE]),
        ({}, ["Birds", "Birds:Owl", "Birds:Wren", ELSEWHERE]),
        ({"include": ["guilds"], "guilds": []}, ["Elsewhere", "Birds"]),
        ({"everyone": True, "include": ["roles"]}, ["Birds:@everyone", "Birds:Owl", "Birds:Wren"]),
        ({"prefix": "d-"}, ["d-Birds", "d-Birds:Owl", "d-Birds:Wren", f"d-{ELSEWHERE}"]),
        (
            {"guild_name": "g {guild_id}", "role_name": "{role}/{guild} {role_id}"},
            [f"g {BIRDS}", f"Owl/Birds {OWL}", f"Wren/Birds {WREN}", f"g {ELSEWHERE}"],
        ),
        ({"names": {WREN: "admins"}}, ["admins", "Birds", "Birds:Owl", ELSEWHERE]),
        (
            {"names": {WREN: "admins"}, "prefix": "d-", "include": ["roles"]},
            ["admins", "d-Birds:Owl"],
        ),
        ({"names": {WREN: "a", OWL: "a"}, "include": ["roles"]}, ["a"]),
        ({"names": {WREN: "a", BOT: "b"}, "only_named": True}, ["a", "b"]),
        ({"names": {OWL: "a"}, "shape": "id", "include": ["roles"]}, ["a", WREN]),
        ({"only_named": True}, []),
        ({"guilds": []}, ["Elsewhere", "Birds"]),
        ({"guild_name": "{role}", "include": ["guilds"]}, [BIRDS, ELSEWHERE]),
        # All would be called the same.
        ({"guild_name": "all"}, [BIRDS, "Birds:Owl", "Birds:Wren", ELSEWHERE]),
        # The operator calls a role by the ID of a guild.
        ({"names": {OWL: ELSEWHERE}, "shape": "id"}, [ELSEWHERE, BIRDS, WREN]),
    ],
)
def test_groups_are_written_as_configured(changes: dict[str, object], groups: list[str]) -> None:
    assert groups_of(person(OWL, WREN, BOT), table(**changes)) == groups


def test_objects_hold_id_and_name_once_for_each_id() -> None:
    groups = groups_of(
        person(OWL, WREN), table(shape="object", everyone=True, names={WREN: "admins"})
    )
    assert groups == [
        {"id": WREN, "name": "admins"},
        {"id": BIRDS, "name": "Birds"},
        {"id": OWL, "name": "Birds:Owl"},
        {"id": ELSEWHERE, "name": ELSEWHERE},
    ]


@pytest.mark.parametrize(
    ("changes", "names", "guilds"),
    [
        (
            {},
            {BIRDS: "Birds", OWL: "Birds:Owl", WREN: "Birds:Wren", ELSEWHERE: ELSEWHERE},
            [BIRDS, ELSEWHERE],
        ),
        ({"include": ["roles"]}, {OWL: "Birds:Owl", WREN: "Birds:Wren"}, []),
        (
            {"include": ["guilds"], "guilds": []},
            {ELSEWHERE: "Elsewhere", BIRDS: "Birds"},
            [ELSEWHERE, BIRDS],
        ),
        # A name of one's own and a prefix are in the names alone.
        (
            {"include": ["roles"], "names": {WREN: "admins"}, "prefix": "d-"},
            {WREN: "admins", OWL: "d-Birds:Owl"},
            [],
        ),
        ({"names": {WREN: "a", OWL: "a"}, "only_named": True}, {OWL: "a", WREN: "a"}, []),
        (
            {"include": ["roles"], "managed": True, "names": {BOT: "b"}, "maximum": 1},
            {BOT: "b"},
            [],
        ),
        # The role that everybody has is the guild, unless guilds are no groups.
        ({"guild_name": "g", "everyone": True, "maximum": 1}, {BIRDS: BIRDS}, [BIRDS]),
        (
            {"include": ["roles"], "everyone": True, "maximum": 1},
            {BIRDS: "Birds:@everyone"},
            [],
        ),
        ({"include": []}, {}, []),
    ],
)
def test_ids_stay_and_their_names_and_kinds_stand_beside_them(
    changes: dict[str, object], names: dict[str, str], guilds: list[str]
) -> None:
    beside, somebody = table(shape="id", names_claim=True, **changes), person(OWL, WREN, BOT)
    assert groups_of(somebody, beside) == list(names)
    assert group_names_of(somebody, beside) == names
    assert group_guilds_of(somebody, beside) == guilds


def test_without_names_beside_them_groups_stand_alone() -> None:
    for shape in ("id", "name", "object"):
        assert group_names_of(person(OWL), table(shape=shape)) is None
        assert group_guilds_of(person(OWL), table(shape=shape)) is None


def test_a_role_without_a_name_yet_is_a_group_all_the_same() -> None:
    beside = table(shape="id", names_claim=True, include=["roles"])
    assert group_names_of(person(OWL, OWL2), beside) == {OWL: "Birds:Owl", OWL2: OWL2}


def test_two_roles_of_one_name_go_by_their_ids_beside_the_claim_too() -> None:
    beside = table(shape="id", names_claim=True, include=["roles"])
    known = renamed(owl="Owl", wren="owl")
    assert group_names_of(person(OWL, WREN, known=known), beside) == {OWL: OWL, WREN: WREN}


def test_who_is_nowhere_has_no_groups() -> None:
    nobody = Person(NELLY, members={BIRDS: None}, roles=ROLES)
    assert groups_of(nobody, table()) == []
    assert groups_of(Person(NELLY), table(shape="object")) == []


def test_roles_of_other_guilds_do_not_count() -> None:
    somebody = Person(NELLY, members={CATS: Member(roles=frozenset({OWL}))}, roles=ROLES)
    assert groups_of(somebody, table(shape="id")) == []


def test_a_guild_in_which_the_bot_sees_them_is_a_group() -> None:
    assert groups_of(person(guilds=()), table()) == ["Birds"]


def test_a_role_that_the_bot_does_not_know_has_no_name_but_an_id() -> None:
    gone = person(OWL, OWL2)
    assert groups_of(gone, table(include=["roles"])) == ["Birds:Owl"]
    assert groups_of(gone, table(include=["roles"], shape="id")) == [OWL, OWL2]
    fixed = table(include=["roles"], names={OWL2: "owls"})
    assert groups_of(gone, fixed) == ["owls", "Birds:Owl"]


def test_a_guild_whose_name_nobody_told_goes_by_its_id() -> None:
    somebody = person(OWL, guilds=(), names={})
    assert groups_of(somebody, table()) == [BIRDS, f"{BIRDS}:Owl"]


def test_beyond_the_maximum_what_is_wanted_least_is_left_out_and_the_log_says_so() -> None:
    with capture_logs() as logs:
        groups = groups_of(person(OWL, WREN), table(maximum=2, names={WREN: "admins"}))
    assert groups == ["admins", "Birds"]
    [line] = logs
    assert (line["event"], line["left_out"], line["of"]) == ("groups_left_out", 2, 4)
    with capture_logs() as logs:
        groups_of(person(OWL, WREN), table(maximum=4))
    assert logs == []


@pytest.mark.parametrize(
    "name",
    ["admins", "Admins", " admins ", "ad\u200bmins", "\u202eadmins", "\uff41dmins", "a\u200ddmins"],
)
def test_nobody_becomes_what_another_id_is_called(name: str) -> None:
    own = table(include=["guilds"], guilds=[], names={OWL: "admins"})
    impostor = Person(NELLY, guilds=(Guild(id=ELSEWHERE, name=name),))
    assert groups_of(impostor, own) == [ELSEWHERE]
    as_role = table(include=["roles"], role_name="{role}", names={BOT: "admins"})
    known = renamed(owl=name, wren="Wren")
    assert groups_of(person(OWL, WREN, known=known), as_role) == [OWL, "Wren"]


@pytest.mark.parametrize("name", ["Owl", "owl", "Owl\u200b", "  Owl "])
def test_what_two_roles_are_called_is_the_name_of_neither(name: str) -> None:
    known = renamed(owl="Owl", wren=name)
    only_roles = table(include=["roles"])
    assert groups_of(person(OWL, known=known), only_roles) == [OWL]
    assert groups_of(person(WREN, known=known), only_roles) == [WREN]
    named = table(include=["roles"], names={OWL: "owls"})
    assert groups_of(person(OWL, known=known), named) == ["owls"]


def test_a_role_that_may_be_a_bots_is_not_wanted_where_those_are_not() -> None:
    known = {BIRDS: (Role(id=OWL, name="Owl"),)}
    somebody = person(OWL, known=known)
    assert groups_of(somebody, table(include=["roles"])) == []
    assert groups_of(somebody, table(include=["roles"], shape="id")) == []
    assert groups_of(somebody, table(include=["roles"], managed=True)) == ["Birds:Owl"]


def test_a_guild_in_which_they_turned_out_to_be_no_member_is_none() -> None:
    guest = replace(person(), members={BIRDS: None})
    by_id = table(shape="id", include=["guilds"])
    assert groups_of(guest, by_id) == [ELSEWHERE]
    assert groups_of(replace(guest, members={}), by_id) == [BIRDS, ELSEWHERE]


def test_a_role_of_a_bot_takes_no_name_from_another() -> None:
    known = {
        BIRDS: (Role(id=OWL, name="Owl", managed=False), Role(id=BOT, name="Owl", managed=True))
    }
    assert groups_of(person(OWL, BOT, known=known), table(include=["roles"])) == ["Birds:Owl"]


@pytest.mark.parametrize(
    "name", ["", "   ", "\u202e", "\u200d", "\x00", "197038439483310087", "81384788765712384 "]
)
def test_a_name_that_says_nothing_or_reads_as_an_id_is_none(name: str) -> None:
    known = renamed(owl=name, wren="Wren")
    assert groups_of(person(OWL, known=known), table(include=["roles"])) == [f"Birds:{OWL}"]
    by_role = table(include=["roles"], role_name="{role}")
    assert groups_of(person(OWL, known=known), by_role) == [OWL]


def test_two_names_do_not_make_an_id_together() -> None:
    known = renamed(owl="8765712384", wren="Wren")
    somebody = person(OWL, known=known, names={BIRDS: "81384788"})
    assert groups_of(somebody, table(include=["roles"], role_name="{guild}{role}")) == [OWL]


@pytest.mark.parametrize(
    ("template", "guild", "role", "group"),
    [
        ("{guild}:{role}", "A:B", "C", "A_B:C"),
        ("{guild}:{role}", "A", "B:C", "A:B_C"),
        ("{guild} / {role}", "A / B", "C D", "A _ B / C D"),
        ("{guild} {role}", "A B", "C", "A_B C"),
        ("{role}_{guild}", "A_B", "C", "C_A-B"),
        ("[{guild}] {role}", "A]", "C", "[A_] C"),
        ("#{role}", "A", "B#C", "#B#C"),
        ("{guild}and{role}", "A", "B", "AandB"),
    ],
)
def test_neither_name_holds_what_separates_them(
    template: str, guild: str, role: str, group: str
) -> None:
    known = {BIRDS: (Role(id=OWL, name=role, managed=False),)}
    somebody = person(OWL, guilds=(), known=known, names={BIRDS: guild})
    assert groups_of(somebody, table(include=["roles"], role_name=template)) == [group]


def test_a_guild_does_not_pass_for_a_role() -> None:
    names = {BIRDS: "Birds", CATS: "Birds:Owl"}
    members = {CATS: Member(roles=frozenset())}
    cat = Person(NELLY, members=members, roles=ROLES, guild_names=names)
    assert groups_of(cat, table(guilds=[BIRDS, CATS])) == ["Birds_Owl"]
    # Where roles are no groups, the name stands.
    assert groups_of(cat, table(guilds=[BIRDS, CATS], include=["guilds"])) == ["Birds:Owl"]


def test_one_of_the_guilds_does_not_pass_for_another() -> None:
    names = {BIRDS: "Birds", CATS: "Birds"}
    both = {**ROLES, CATS: (Role(id=OWL2, name="Owl", managed=False),)}
    members = {CATS: Member(roles=frozenset({OWL2}))}
    cat = Person(NELLY, members=members, roles=both, guild_names=names)
    assert groups_of(cat, table(guilds=[BIRDS, CATS])) == [CATS, OWL2]


def test_a_name_is_no_template() -> None:
    known = renamed(owl="{role}{0}{guild.__class__}", wren="%s")
    groups = groups_of(person(OWL, WREN, known=known), table(include=["roles"]))
    assert groups == ["Birds:{role}{0}{guild.__class__}", "Birds:%s"]


def test_what_separates_cannot_always_be_replaced() -> None:
    assert without("_-.~", "a_b-c") == "abc"
    assert separators("{guild}") == ""


UNSEEN: Final = ["\u202e", "\u200f", "\u2066", "\u200b", "\u200d", "\n", "\x00", "\x85", "\u2028"]
LETTERS: Final = st.sampled_from(
    [*UNSEEN, *"ab1 :/\"'{}_-A", "\U0001f989", "\u0301", "\u00e9", "\uff1a", "\u05d0"]
)
HOSTILE: Final = st.one_of(
    st.text(LETTERS, max_size=8),
    st.text(max_size=100),
    st.sampled_from(["admins", "Admins", "{role}", "{guild}:{role}", BIRDS, ELSEWHERE, "A:B", "A"]),
)
IDS: Final = [BIRDS, CATS, ELSEWHERE, OWL, WREN, BOT, OWL2]
TEMPLATES: Final = st.sampled_from(
    [
        "{guild}",
        "{guild}:{role}",
        "{role}",
        "{role}@{guild}",
        "{{{guild}}} {role}",
        "x",
        "{role_id}",
    ]
)


@st.composite
def tables(draw: st.DrawFn) -> GroupsTable:
    return table(
        include=draw(st.sampled_from([["guilds"], ["roles"], ["guilds", "roles"]])),
        guilds=draw(st.sampled_from([[], [BIRDS], [CATS, BIRDS]])),
        shape=draw(st.sampled_from(["id", "name", "object"])),
        guild_name=draw(TEMPLATES),
        role_name=draw(TEMPLATES),
        prefix=draw(st.sampled_from(["", "d:"])),
        names=draw(
            st.dictionaries(st.sampled_from(IDS), st.sampled_from(["admins", "A:B", BIRDS]))
        ),
        only_named=draw(st.booleans()),
        everyone=draw(st.booleans()),
        maximum=draw(st.sampled_from([2, 500])),
    )


@st.composite
def people(draw: st.DrawFn) -> Person:
    def a_role(id_: str) -> Role:
        return Role(id=id_, name=draw(HOSTILE), managed=draw(st.booleans()))

    known = {
        BIRDS: (Role(id=BIRDS, name="@everyone", managed=False), a_role(OWL), a_role(WREN)),
        CATS: (a_role(OWL2), a_role(BOT)),
    }
    birds = draw(st.frozensets(st.sampled_from([OWL, WREN])))
    cats = draw(st.frozensets(st.sampled_from([OWL2, BOT])))
    guilds = [Guild(id=id_, name=draw(HOSTILE)) for id_ in (BIRDS, CATS, ELSEWHERE)]
    return Person(
        NELLY,
        guilds=tuple(guilds),
        members={BIRDS: Member(roles=birds), CATS: Member(roles=cats)},
        roles=known,
        guild_names={BIRDS: draw(HOSTILE), CATS: draw(HOSTILE)},
    )


def names_in(somebody: Person, groups: GroupsTable) -> list[str]:
    written = groups_of(somebody, groups)
    return [group if isinstance(group, str) else group["name"] for group in written]


@given(people(), tables())
def test_whatever_the_names_groups_are_unique_and_nothing_unseen_is_in_them(
    somebody: Person, groups: GroupsTable
) -> None:
    written = groups_of(somebody, groups)
    assert len(written) <= groups.maximum
    assert len({str(group) for group in written}) == len(written)
    for name in names_in(somebody, groups):
        assert name.strip() == name != ""
        unseen = {unicodedata.category(c) for c in name if c not in "\u200c\u200d"}
        assert not unseen & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        name.encode()


@given(people(), tables())
def test_groups_do_not_depend_on_the_order_in_which_discord_answers(
    somebody: Person, groups: GroupsTable
) -> None:
    other = Person(
        NELLY,
        guilds=somebody.guilds[::-1],
        members=dict(reversed(list(somebody.members.items()))),
        roles={guild: somebody.roles[guild][::-1] for guild in reversed(list(somebody.roles))},
        guild_names=dict(reversed(list(somebody.guild_names.items()))),
    )
    assert groups_of(other, groups) == groups_of(somebody, groups)


@given(people(), tables())
def test_a_name_means_one_thing(somebody: Person, groups: GroupsTable) -> None:
    things = [Thing(guild, guild) for guild in (BIRDS, CATS, ELSEWHERE)]
    if "guilds" not in groups.include or not groups.guilds:
        # Where all guilds go by name, anybody can take any that is not fixed.
        things = []
    if "roles" in groups.include:
        listed = [(guild, somebody.roles[guild]) for guild in groups.guilds]
        things += [Thing(role.id, guild, True) for guild, roles in listed for role in roles]
    meant: dict[str, set[str]] = {}
    for thing in things:
        # Each as somebody has it who has nothing else.
        own = tuple(guild for guild in somebody.guilds if guild.id == thing.id)
        name = Names(replace(somebody, guilds=own), groups).of(thing)
        if name is not None:
            meant.setdefault(alike(name), set()).add(thing.id)
    fixed = {alike(name): name for name in groups.names.values()}
    for name, ids in meant.items():
        if name in fixed:
            assert {groups.names.get(id_) for id_ in ids} == {fixed[name]}
        else:
            assert len(ids) == 1


@given(HOSTILE)
def test_nobody_gets_a_fixed_name_by_making_a_guild(name: str) -> None:
    own = table(include=["guilds"], guilds=[], names={OWL: "admins", BIRDS: "A"}, prefix="")
    maker = Person(NELLY, guilds=(Guild(id=ELSEWHERE, name=name),))
    assert not {alike(group) for group in names_in(maker, own)} & {"admins", "a"}


@given(st.text(max_size=100))
def test_to_look_alike_is_to_look_the_same_again(name: str) -> None:
    assert alike(alike(name)) == alike(name)
    assert not reads_as_id(name) or alike(name).isdecimal()


@pytest.mark.parametrize("blank", ["\ufe0f", "\u034f", "\u3164", "\u115f", "\u2800", "\u0301"])
def test_what_nobody_sees_makes_no_other_name(blank: str) -> None:
    assert alike(f"Admins{blank}") == alike("admins")


def test_hundreds_of_names_that_stand_for_long_ones_are_little_work() -> None:
    # One character that stands for eighteen.
    names = [chr(0xFDFA) * 96 + f"{number:04}" for number in range(250)]
    _stands_out.cache_clear()
    assert len({alike.__wrapped__(name) for name in names}) == 250
    looked_at = _stands_out.cache_info()
    assert looked_at.hits > 250 * 96 * 14
    # The letters of that one, and ten digits.
    assert looked_at.misses < 30
