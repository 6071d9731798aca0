import pytest

from tests.people.policies.cases import NELLY, STRANGER, client, refusal, refused

OTHER = "80351110224678913"


def test_whoever_is_on_the_list_is_admitted() -> None:
    assert refused(STRANGER, client(people=[OTHER, NELLY])) == []


def test_whoever_is_not_on_the_list_is_refused() -> None:
    assert refused(STRANGER, client(people=[OTHER])) == ["people"]


def test_an_empty_list_is_no_condition() -> None:
    assert refused(STRANGER, client(people=[], no_people=[])) == []


def test_somebody_denied_is_refused_though_they_are_on_the_list() -> None:
    assert refused(STRANGER, client(people=[NELLY], no_people=[NELLY])) == ["no_people"]


def test_somebody_else_being_denied_is_no_matter() -> None:
    assert refused(STRANGER, client(no_people=[OTHER])) == []


@pytest.mark.parametrize("condition", [{"people": [OTHER]}, {"no_people": [NELLY]}])
def test_nobody_can_help_who_they_are(condition: dict[str, object]) -> None:
    assert not refusal(STRANGER, client(**condition)).solvable
