from dataclasses import replace

import pytest

from snowflake.people.person import Person
from snowflake.people.policies.min_account_age import created_at
from tests.people.policies.cases import STRANGER, client, refusal, refused
from tests.running import NOW

DAY = 86_400


def known(**changes: object) -> Person:
    return replace(STRANGER, user=STRANGER.user.model_copy(update=changes))


def aged(days: float) -> Person:
    """Answer somebody whose account was made that long ago."""
    return known(id=str(int((NOW - days * DAY) * 1000 - 1_420_070_400_000) << 22))


def test_a_verified_address_is_admitted() -> None:
    person = known(email="nelly@example.com", verified=True)
    assert refused(person, client(verified_email=True)) == []


@pytest.mark.parametrize(
    ("email", "verified"),
    [("nelly@example.com", False), ("nelly@example.com", None), (None, True), ("", True)],
)
def test_no_address_or_an_unverified_one_is_refused(
    email: str | None, verified: bool | None
) -> None:
    one = refusal(known(email=email, verified=verified), client(verified_email=True))
    assert one.policy == "verified_email"
    assert one.solvable


def test_two_factor_authentication_is_admitted() -> None:
    assert refused(known(mfa_enabled=True), client(two_factor=True)) == []


@pytest.mark.parametrize("enabled", [False, None])
def test_an_account_without_two_factor_authentication_is_refused(enabled: bool | None) -> None:
    one = refusal(known(mfa_enabled=enabled), client(two_factor=True))
    assert one.policy == "two_factor"
    assert one.solvable


def test_an_id_tells_when_its_account_was_made() -> None:
    # The example of Discord's own documentation.
    assert created_at("175928847299117063") == 1_462_015_105.796


@pytest.mark.parametrize(("days", "refusing"), [(29.9, ["min_account_age"]), (30, []), (31, [])])
def test_an_account_is_admitted_from_the_day_on_which_it_is_old_enough(
    days: float, refusing: list[str]
) -> None:
    assert refused(aged(days), client(min_account_age="30d")) == refusing


def test_who_is_too_new_is_told_when_to_come_back() -> None:
    one = refusal(aged(29), client(min_account_age="30d"))
    assert "from 16 January 2027, 08:00 UTC on" in one.sentence
    assert one.solvable


def test_nobody_is_too_new_where_no_age_is_asked_for() -> None:
    # The clock of Discord may be ahead of ours.
    assert refused(aged(-1), client()) == []


def test_an_age_that_no_account_reaches_has_a_sentence_too() -> None:
    person = known(id="9" * 20)
    assert "31 December 9999" in refusal(person, client(min_account_age="900000000d")).sentence
