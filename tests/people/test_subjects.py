"""The names by which clients know people."""

import hmac
import uuid
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from snowflake.discord.models import User
from snowflake.errors import AccessDenied
from snowflake.people.subjects import SUBJECTS, Subjects
from snowflake.people.subjects.keys import Keys
from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.settings.registry import Registry
from tests.running import USER
from tests.settings.tables.test_clients import client as table

SECRET = b"s" * 32
SUBJECTS_OF_OURS = Subjects(SECRET)
NELLY = User.model_validate(USER)
OTHER = User(id="80351110224678913", username="nelly2", email="nelly@example.org", verified=True)


def known_by(mode: str, **values: Any) -> Client:
    settings = Settings(clients=(table(subject=mode, **values),))
    client = Registry(settings).find("app")
    assert client is not None
    return client


def subject(mode: str, user: User = NELLY, subjects: Subjects = SUBJECTS_OF_OURS) -> str | None:
    return subjects.find(user, known_by(mode))


@pytest.mark.parametrize("mode", SUBJECTS)
def test_it_is_always_the_same_for_one_person_and_another_for_another(mode: str) -> None:
    assert subject(mode) == subject(mode, subjects=Subjects(SECRET))
    assert subject(mode) != subject(mode, OTHER)


@pytest.mark.parametrize("mode", SUBJECTS)
def test_it_is_ascii_and_short_enough_for_openid_connect(mode: str) -> None:
    made = subject(mode)
    assert made is not None
    assert made.isascii()
    assert len(made) <= 255


def derived(mode: str, length: int = 32) -> bytes:
    info = f"snowflake subject {mode}".encode()
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(SECRET)


def test_what_each_mode_says_is_what_the_guide_promises() -> None:
    assert subject("id") == USER["id"]
    assert subject("username") == "nelly"
    assert subject("email") == "nelly@example.com"
    person = str(USER["id"])
    assert subject("hash") == hmac.new(derived("hash"), person.encode(), "sha256").hexdigest()
    made = uuid.UUID(subject("uuid"))
    assert made.version == 5
    assert made == uuid.uuid5(uuid.UUID(bytes=derived("uuid", 16), version=4), person)
    content = f"app.example.com {person}".encode()
    assert subject("pairwise") == hmac.new(derived("pairwise"), content, "sha256").hexdigest()


@pytest.mark.parametrize("mode", ["hash", "uuid", "pairwise"])
def test_nobody_computes_it_without_the_secret(mode: str) -> None:
    assert subject(mode) != subject(mode, subjects=Subjects(b"t" * 32))


def test_pairwise_is_another_one_in_each_sector_and_no_other_is() -> None:
    for mode in SUBJECTS:
        found = {
            SUBJECTS_OF_OURS.of(NELLY, known_by(mode, redirect_uris=[f"https://{host}/"]))
            for host in ("a.example.com", "b.example.com")
        }
        assert len(found) == (2 if mode == "pairwise" else 1)
    one = known_by("pairwise", sector="b.example.com")
    other = known_by("pairwise", redirect_uris=["https://b.example.com/"])
    assert SUBJECTS_OF_OURS.of(NELLY, one) == SUBJECTS_OF_OURS.of(NELLY, other)


@pytest.mark.parametrize(
    "changes",
    [
        {"verified": False},
        {"verified": None},
        {"email": None},
        {"email": ""},
        {"email": "nell\u00fd@example.com"},
        {"email": f"{'n' * 250}@example.com"},
    ],
)
def test_nobody_is_known_by_an_address_that_is_not_surely_theirs(changes: dict[str, Any]) -> None:
    user = NELLY.model_copy(update=changes)
    assert subject("email", user) is None
    with pytest.raises(AccessDenied) as refused:
        SUBJECTS_OF_OURS.of(user, known_by("email"))
    assert not refused.value.solvable


def test_a_name_of_the_old_kind_is_not_taken_for_a_new_one() -> None:
    old = NELLY.model_copy(update={"discriminator": "0001"})
    assert subject("username", old) == "nelly#0001"
    assert subject("username", NELLY.model_copy(update={"discriminator": None})) == "nelly"
    assert subject("username", NELLY.model_copy(update={"username": ""})) is None


def test_no_key_shows_in_a_log() -> None:
    assert repr(Keys.derive(SECRET)) == "Keys()"


def test_a_discord_application_knows_people_by_their_id() -> None:
    client = Registry(Settings()).find("1056005449054429204")
    assert client is not None
    assert SUBJECTS_OF_OURS.of(NELLY, client) == USER["id"]
    assert SUBJECTS_OF_OURS.of(NELLY, replace(client, has_bot=True)) == USER["id"]
