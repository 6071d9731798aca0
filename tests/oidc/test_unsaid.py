"""What a login cannot go on without, by what its claims show and its gates judge by."""

from dataclasses import replace
from typing import Final

import pytest

from snowflake.discord.models import Member, User
from snowflake.errors import TemporarilyUnavailable
from snowflake.oidc.needs import Needs, needs_of
from snowflake.oidc.unsaid import check_person, members_of
from tests.oidc.test_needs import ALL, BIRDS, CATS, ROLE, client

WHOLE: Final[dict[str, object]] = {
    "roles": [],
    "nick": None,
    "pending": False,
    "communication_disabled_until": None,
    "joined_at": "2026-01-02T03:04:05Z",
    "flags": 0,
}
GATES: Final[dict[str, dict[str, object]]] = {
    "roles": {"any_role": [ROLE]},
    "pending": {"screened": True},
    "communication_disabled_until": {"not_timed_out": True},
}


def member(**changes: object) -> Member:
    """Answer a member; a field that is ``...`` is unsaid."""
    said = {name: value for name, value in {**WHOLE, **changes}.items() if value is not ...}
    return Member.model_validate(said, strict=False)


def judged(needs: Needs, seen: Member) -> bool:
    """Whether a login goes on with what was seen in Birds."""
    try:
        members_of({BIRDS: seen}, needs)
    except TemporarilyUnavailable:
        return False
    return True


def suffices(needs: Needs, said: dict[str, object]) -> bool:
    """Whether a login goes on with what was said of somebody's account."""
    try:
        check_person(User.model_validate(said), needs)
    except TemporarilyUnavailable as unavailable:
        return not unavailable.answered
    return True


@pytest.mark.parametrize("field", GATES)
def test_a_gate_needs_its_own_field_where_it_looks_and_no_other(field: str) -> None:
    for gate, access in GATES.items():
        needs = needs_of(client(access={"any_guild": [BIRDS], **access}), ["openid"])
        assert judged(needs, member())
        assert judged(needs, member(**{field: ...})) == (gate != field)
        elsewhere = needs_of(client(access={"any_guild": [CATS], **access}), ["openid"])
        assert judged(elsewhere, member(**{field: ...}))


def test_roles_are_needed_where_they_are_groups() -> None:
    of = client({"include": ["roles"], "guilds": [BIRDS]})
    assert not judged(needs_of(of, ALL), member(roles=...))
    assert judged(needs_of(of, ["openid", "profile"]), member(roles=...))


def test_whether_somebody_is_a_guest_is_needed_unless_guests_are_let_in() -> None:
    unknown = member(flags=..., joined_at=...)
    access: dict[str, object] = {"any_guild": [BIRDS]}
    assert not judged(needs_of(client(access=access), ["openid"]), unknown)
    assert judged(needs_of(client(access={**access, "guests": True}), ["openid"]), unknown)


@pytest.mark.parametrize("guest", [member(flags=1 << 4), member(joined_at=None)])
def test_a_guest_is_no_member_unless_guests_are_let_in(guest: Member) -> None:
    access: dict[str, object] = {"any_guild": [BIRDS]}
    seen = {BIRDS: guest, CATS: None}
    assert members_of(seen, needs_of(client(access=access), ["openid"])) == dict.fromkeys(seen)
    let_in = needs_of(client(access={**access, "guests": True}), ["openid"])
    assert members_of(seen, let_in) == seen


def test_a_guest_needs_no_role_to_be_none() -> None:
    needs = needs_of(client(access={"any_guild": [BIRDS], "any_role": [ROLE]}), ["openid"])
    assert members_of({BIRDS: member(joined_at=None, roles=...)}, needs) == {BIRDS: None}


def test_what_only_a_nickname_hangs_on_is_left_out() -> None:
    needs = needs_of(client(name_from_guild=BIRDS), ALL)
    assert members_of({BIRDS: member(flags=..., joined_at=...)}, needs) == {}
    assert members_of({BIRDS: member(roles=..., pending=...)}, needs).keys() == {BIRDS}


@pytest.mark.parametrize(
    ("access", "fields"),
    [
        ({"two_factor": True}, {"mfa_enabled"}),
        ({"verified_email": True}, {"email", "verified"}),
        ({"min_account_age": "1d"}, set()),
    ],
)
def test_of_the_account_a_gate_needs_its_own_fields(
    access: dict[str, object], fields: set[str]
) -> None:
    needs = needs_of(client(access=access), ["openid", "email"])
    whole: dict[str, object] = {"id": "1", "mfa_enabled": False, "email": None, "verified": False}
    assert suffices(needs, whole)
    for field in whole.keys() - {"id"}:
        rest = {name: kept for name, kept in whole.items() if name != field}
        assert suffices(needs, rest) == (field not in fields)
        # What is yes or no is neither if it is nothing. An address may be.
        assert suffices(needs, {**rest, field: None}) == (field not in fields or field == "email")


def test_an_address_that_discord_was_not_allowed_to_tell_is_not_unsaid() -> None:
    needs = needs_of(client(access={"verified_email": True, "two_factor": True}), ["openid"])
    user = User.model_validate({"id": "1", "mfa_enabled": False})
    check_person(user, needs.within(frozenset({"identify"})))
    with pytest.raises(TemporarilyUnavailable):
        check_person(user, needs.within(frozenset({"identify", "email"})))
    assert replace(needs, of_person=frozenset()).within(frozenset({"email"})).of_person == set()
