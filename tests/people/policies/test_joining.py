"""What a page tells somebody who has to join guilds, which people know as servers."""

from dataclasses import replace

import pytest

from snowflake.errors import Back, Denial
from snowflake.people.person import Person
from snowflake.people.policies import refusals
from snowflake.settings.client import Client
from tests.people.policies.cases import API, BIRDS, client, looked_at, member
from tests.running import NOW


def told(person: Person, to: Client) -> tuple[str, ...]:
    """Answer what a page tells somebody who is refused."""
    found = refusals(person, to, NOW)
    return Denial(found, "Grafana", "nelly", "https://a/", Back("https://b/")).sentences


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (
            {"any_guild": [BIRDS], "screened": True, "not_timed_out": True},
            ["be a member of the Discord server “Birds” and have accepted its rules."],
        ),
        ({"any_guild": [BIRDS], "all_guilds": [BIRDS]}, ["be a member of the Discord server “B"]),
        (
            {"any_guild": [BIRDS, API], "all_guilds": [API]},
            ["be a member of the Discord server “API”."],
        ),
        (
            {"all_guilds": [BIRDS, API], "screened": True},
            ["the Discord servers “Birds”, “API” and have accepted their rules."],
        ),
        (
            {"any_guild": [BIRDS, API], "not_timed_out": True, "two_factor": True},
            ["one of the Discord servers “Birds”, “API”. Join", "two-factor authentication"],
        ),
        ({"any_guild": [BIRDS], "any_role": ["1"]}, ["“Birds”. Join", "You need a certain role"]),
    ],
)
def test_a_page_asks_in_one_sentence_to_join_a_server(
    access: dict[str, object], expected: list[str]
) -> None:
    person = replace(looked_at(birds=None, api=None), guild_names={BIRDS: "Birds", API: "API"})
    sentences = told(person, client(**access))
    assert len(sentences) == len(expected)
    for sentence, words in zip(sentences, expected, strict=True):
        assert words in sentence
    text = " ".join(sentences)
    assert text.count("“Birds”") <= 1
    assert text.count("“API”") <= 1


def test_a_server_of_which_more_is_asked_is_still_told() -> None:
    person = looked_at(birds=member(pending=True), api=None)
    sentences = told(person, client(all_guilds=[BIRDS, API], screened=True))
    assert len(sentences) == 2
