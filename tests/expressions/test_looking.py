"""Where an expression looks, and that it comes to the same if nothing else is there."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snowflake.expressions import Unsearchable, compiled, search
from snowflake.expressions.looking import looks_of
from snowflake.expressions.places import ELEMENT, Look, Path
from snowflake.people.document import PATHS

ONE = frozenset({"1"})
#: A place with its IDs, and whether all of it matters.
Seen = set[tuple[str, frozenset[str] | None, bool]]


def seen(text: str) -> Seen:
    looks = looks_of(text, PATHS)
    assert not looks.unknown
    return {
        (".".join(look.place.path).replace(".[]", "[]"), look.place.among, look.whole)
        for look in looks.at
        if look.whole or look.place.path
    }


def whole(text: str) -> set[tuple[str, frozenset[str] | None]]:
    return {(place, among) for place, among, is_whole in seen(text) if is_whole}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("id", {("id", None)}),
        ("@.id", {("id", None)}),
        ("@", {("", None)}),
        ("*", {("", None)}),
        ("email || username", {("email", None), ("username", None)}),
        ("!email && 'none'", set()),
        ("{a: id, b: locale}", {("id", None), ("locale", None)}),
        ("{a: id, b: guilds[].name}.a", {("id", None), ("guilds[].name", None)}),
        ("guilds[].name", {("guilds[].name", None)}),
        ("guilds[*].roles[*].name[]", {("guilds[].roles[].name", None)}),
        ("guilds[].roles[].id", {("guilds[].roles[].id", None)}),
        ("guilds[0:2].name", {("guilds[].name", None)}),
        ("guilds[?id == '1']", {("guilds[].id", ONE), ("guilds[]", ONE)}),
        ("guilds[?'1' == id].nick | [0]", {("guilds[].id", ONE), ("guilds[].nick", ONE)}),
        (
            "guilds[?id == '1' || id == '2'].name",
            {("guilds[].id", ONE | {"2"}), ("guilds[].name", ONE | {"2"})},
        ),
        (
            "guilds[?id == '1' && name == 'x'].nick",
            {("guilds[].id", ONE), ("guilds[].name", ONE), ("guilds[].nick", ONE)},
        ),
        (
            "guilds[?contains(['1', '2'], id)].nick",
            {("guilds[].id", ONE | {"2"}), ("guilds[].nick", ONE | {"2"})},
        ),
        (
            'guilds[?contains(`["1"]`, id)].nick',
            {("guilds[].id", ONE), ("guilds[].nick", ONE)},
        ),
        # In a text, it may be any part.
        ("guilds[?contains('12', id)].nick", {("guilds[].id", None), ("guilds[].nick", None)}),
        (
            "guilds[?id == '1' || owner].nick",
            {("guilds[].id", None), ("guilds[].nick", None)},
        ),
        ("guilds[?id != '1'].nick", {("guilds[].id", None), ("guilds[].nick", None)}),
        # The second list is another one.
        (
            "guilds[].roles[?id == '1'].name[]",
            {("guilds[].roles[].id", None), ("guilds[].roles[].name", None)},
        ),
        ("guilds[] | [?id == '1'].nick", {("guilds[].id", ONE), ("guilds[].nick", ONE)}),
        (
            "sort_by(guilds, &joined_at)[0].name",
            {("guilds[].joined_at", None), ("guilds[].name", None)},
        ),
        (
            "max_by(guilds, &joined_at).name",
            {("guilds[].joined_at", None), ("guilds[].name", None)},
        ),
        ("map(&name, guilds)", {("guilds[].name", None)}),
        ("reverse(guilds)[0].name", {("guilds[].name", None)}),
        ("not_null(email, id)", {("email", None), ("id", None)}),
        ("length(guilds)", set()),
        ("contains(guilds[].id, '1')", {("guilds[].id", None)}),
        ("groups[].name", {("groups[].name", None)}),
        ("'a text'", set()),
    ],
)
def test_what_matters_is_known(text: str, places: set[tuple[str, frozenset[str] | None]]) -> None:
    assert whole(text) == places


def test_that_something_is_there_is_told_from_what_it_is() -> None:
    assert seen("length(guilds)") == {("guilds", None, False)}
    assert ("guilds[]", ONE, False) in seen("guilds[?id == '1'] && 'in'")


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("gilds", [("gilds",)]),
        ("guilds.name", [("guilds", "name")]),
        ("guilds[].role.id || id", [("guilds", "[]", "role")]),
        ("guilds[?mame == 'x'].nick", [("guilds", "[]", "mame")]),
        ("id.first", [("id", "first")]),
        # The pipe holds last: the list of nicknames has no username.
        ("guilds[].nick | [0] || username", [("guilds", "[]", "nick", "username")]),
        ("(guilds[].nick | [0]) || username", []),
        ("guilds[].roles | [0].id", [("guilds", "[]", "roles", "id")]),
        ("groups[].whatever", []),
    ],
)
def test_what_no_document_has_is_found_out(text: str, unknown: list[Path]) -> None:
    assert list(looks_of(text, PATHS).unknown) == unknown


DOCUMENT = {
    "id": "80351110224678912",
    "username": "nelly",
    "name": None,
    "email": "nelly@example.com",
    "email_verified": True,
    "groups": ["1", "2"],
    "guilds": [
        {"id": "1", "name": "x", "owner": True, "nick": None, "roles": None},
        {
            "id": "2",
            "name": "y",
            "owner": False,
            "nick": "Owlet",
            "joined_at": "2021-03-14T15:09:26Z",
            "roles": [{"id": "1", "name": "admin"}, {"id": "3", "name": "x"}],
        },
        {"id": "3", "name": "", "owner": False, "nick": "x", "roles": []},
    ],
}

names = st.sampled_from(
    ["id", "name", "guilds", "roles", "nick", "owner", "groups", "email", "joined_at", "none"]
)
texts = st.sampled_from(["'1'", "'2'", "'x'", "'admin'", "`null`", "`1`", '`["1"]`', "['1', '2']"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}.{}".format, inner, names),
        st.builds("{}[?{}]".format, inner, inner),
        st.builds("{}[?id == {}]".format, inner, texts),
        st.builds("{}[?id == {}].{}".format, inner, texts, names),
        st.builds("{}[?contains({}, id)].{}".format, inner, texts, names),
        st.builds("{}[].{}".format, inner, names),
        st.builds("{}[]".format, inner),
        st.builds("{}[*].{}".format, inner, names),
        st.builds("{}[0]".format, inner),
        st.builds("{}[1:]".format, inner),
        st.builds("{} | {}".format, inner, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||", "==", "!="]), inner),
        st.builds("!{}".format, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{a: {}, b: {}}}".format, inner, inner),
        st.builds("{}.*".format, inner),
        st.builds("map(&{}, {})".format, inner, inner),
        st.builds("max_by({}, &{})".format, inner, names),
        st.builds("sort_by({}, &{})".format, inner, names),
        st.builds("{}({})".format, st.sampled_from(["length", "reverse", "keys", "type"]), inner),
        st.builds("not_null({}, {})".format, inner, inner),
        st.builds("contains({}, {})".format, inner, texts),
    )


expressions = st.recursive(st.one_of(names, texts, st.just("@")), _larger, max_leaves=8)


# A document of JSON.
def pruned(value: Any, looks: list[Look], path: Path = (), element: str | None = None) -> Any:
    """Answer a document with nothing but what was looked at."""
    here = [
        look for look in looks if look.place.among is None or element in {None, *look.place.among}
    ]
    if any(look.whole and path[: len(look.place.path)] == look.place.path for look in here):
        return value
    below = [look for look in here if look.place.path[: len(path)] == path]
    if not below:
        return None
    if isinstance(value, dict):
        return {key: pruned(inner, below, (*path, key), element) for key, inner in value.items()}
    if isinstance(value, list):
        kept = [
            pruned(inner, below, (*path, ELEMENT), _id(inner) if element is None else element)
            for inner in value
        ]
        # Where it matters how many there are, they are there, whatever they are.
        count = any(look.place.path == path for look in below)
        return [one if one is not None else "one" for one in kept if count or one is not None]
    return value


def _id(value: Any) -> str | None:
    return value["id"] if isinstance(value, dict) else str(value)


@settings(max_examples=600, deadline=None)
@given(expressions)
def test_what_is_not_looked_at_changes_nothing(text: str) -> None:
    try:
        expression = compiled(text)
    except ValueError:
        return
    looks = list(looks_of(text, PATHS | {("none",)}).at)
    try:
        found = search(expression, DOCUMENT)
    except Unsearchable:
        return
    assert search(expression, pruned(DOCUMENT, looks)) == found or _holds_reference(found)


def _holds_reference(found: object) -> bool:
    """Whether it is one of the library's own objects, which compare by what they are."""
    return "_Expression" in repr(found)
