import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from snowflake.discord.models import Guild, Member, Tokens, User
from snowflake.discord.reading import Reader

USER = {"id": "80351110224678912", "username": "nelly"}
TOKENS = {"access_token": "SECRET-TOKEN", "expires_in": 604800, "scope": "identify email"}
SECRET = "SECRET-VALUE"


def test_a_person_may_have_nothing_but_an_id_and_a_name() -> None:
    user = User.model_validate_json(json.dumps(USER))
    assert (user.discriminator, user.verified, user.global_name) == (None, None, None)
    assert (user.avatar, user.locale, user.email) == (None, None, None)


def test_null_is_nothing() -> None:
    nothing = {
        "discriminator": None,
        "verified": None,
        "global_name": None,
        "avatar": None,
        "locale": None,
        "email": None,
    }
    assert User.model_validate_json(json.dumps({**USER, **nothing})) == User.model_validate(USER)


@pytest.mark.parametrize(("model", "answer"), [(User, USER), (Tokens, TOKENS), (Guild, USER)])
def test_unknown_fields_are_passed_over(
    model: type[User | Tokens | Guild], answer: dict[str, str]
) -> None:
    known = model.model_validate_json(json.dumps(answer))
    more = {**answer, "clan": {"tag": "X"}, "flags": 2**70}
    assert model.model_validate_json(json.dumps(more)) == known


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        (User, {**USER, "id": 80351110224678912}),
        (User, {**USER, "id": f"{SECRET}"}),
        (User, {**USER, "id": "1\n"}),
        (User, {**USER, "id": "-1"}),
        (User, {**USER, "id": "007"}),
        (User, {**USER, "id": "9" * 21}),
        (User, {**USER, "username": [SECRET]}),
        (User, {**USER, "discriminator": SECRET}),
        (User, {**USER, "avatar": "../../evil"}),
        (User, {**USER, "accent_color": 2**24}),
        (User, {**USER, "discriminator": ""}),
        (User, {**USER, "verified": "true"}),
        (User, {**USER, "verified": 1}),
        (User, {**USER, "email": {"address": SECRET}}),
        (User, {"username": SECRET}),
        (Tokens, {**TOKENS, "scope": [SECRET]}),
        (Tokens, {**TOKENS, "expires_in": "604800"}),
        (Tokens, {**TOKENS, "expires_in": -1}),
        (Tokens, {**TOKENS, "expires_in": 2**31}),
        (Tokens, {"expires_in": 604800}),
        (Tokens, {"scope": SECRET}),
        (Tokens, {"access_token": [SECRET], "scope": ""}),
        (Guild, {"id": None}),
        (Guild, {"name": SECRET}),
    ],
)
def test_a_wrong_type_is_refused_without_repeating_it(
    model: type[User | Tokens | Guild], answer: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refusal:
        model.model_validate_json(json.dumps(answer))
    assert SECRET not in str(refusal.value)


def test_a_token_is_not_seen_when_printed() -> None:
    tokens = Tokens.model_validate(TOKENS)
    assert "SECRET-TOKEN" not in repr(tokens) + str(tokens)


GUEST_CASES: dict[str, tuple[dict[str, object], bool | None]] = {
    "the flag": ({"flags": 1 << 4, "joined_at": "2026-01-02T03:04:05+00:00"}, True),
    "the flag among others": ({"flags": 0b11011}, True),
    "no time": ({"flags": 0, "joined_at": None}, True),
    "no time, and nothing of flags": ({"joined_at": None}, True),
    "a member": ({"flags": 0b1111, "joined_at": "2026-01-02T03:04:05+00:00"}, False),
    "a time without its zone": ({"joined_at": "2026-01-02T03:04:05"}, False),
    "flags alone": ({"flags": 0, "joined_at": 5}, False),
    "nothing": ({"nick": "Owl"}, None),
    "nothing that can be read": ({"nick": "Owl", "flags": "16", "joined_at": "long ago"}, None),
}


@pytest.mark.parametrize("case", GUEST_CASES)
def test_a_guest_is_told_by_a_flag_or_by_having_never_joined(case: str) -> None:
    said, is_guest = GUEST_CASES[case]
    member = Reader("member", TypeAdapter(Member)).read(json.dumps(said).encode())
    assert member.is_guest is is_guest
    # And still so after a while in the memory.
    kept = Member.model_validate_json(member.model_dump_json(exclude_unset=True))
    assert kept.is_guest is is_guest
