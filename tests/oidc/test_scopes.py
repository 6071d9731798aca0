import pytest

from snowflake.discord.models import Guild, User
from snowflake.oidc.scopes import SCOPES, Person, claims_of, discord_scopes, granted, known

NELLY = User(
    id="80351110224678912",
    username="nelly",
    global_name="Nelly the Owl",
    avatar="8342729096ea",
    locale="en-GB",
)
PICTURE = "https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea.png"


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", ["openid"]),
        ("email openid", ["openid", "email"]),
        ("openid openid unknown", ["openid"]),
        ("unknown", []),
        ("", []),
        ("OPENID", []),
    ],
)
def test_known_scopes_are_kept_and_others_ignored(scope: str, names: list[str]) -> None:
    assert known(scope) == names


@pytest.mark.parametrize("name", SCOPES)
def test_every_scope_says_what_it_gives_and_needs_to_know_the_person(name: str) -> None:
    assert SCOPES[name].description.endswith(".")
    assert "identify" in discord_scopes([name])


@pytest.mark.parametrize(
    ("asked", "discord", "names"),
    [
        (["openid", "email"], {"identify", "email", "guilds"}, ["openid", "email"]),
        (["openid", "email"], {"identify"}, ["openid"]),
        (["openid"], {"identify", "email", "guilds"}, ["openid"]),
        (["openid", "groups"], {"identify", "email"}, ["openid"]),
    ],
)
def test_only_what_was_asked_for_and_granted_counts(
    asked: list[str], discord: set[str], names: list[str]
) -> None:
    assert granted(asked, frozenset(discord)) == names


@pytest.mark.parametrize(
    ("names", "person", "claims"),
    [
        (["openid"], Person(NELLY), {}),
        (
            ["openid", "profile"],
            Person(NELLY),
            {
                "name": "Nelly the Owl",
                "preferred_username": "nelly",
                "nickname": "nelly",
                "locale": "en-GB",
                "picture": PICTURE,
            },
        ),
        (["openid", "email"], Person(NELLY), {}),
        (["openid", "email"], Person(NELLY, email=""), {}),
        (
            ["openid", "email"],
            Person(NELLY.model_copy(update={"verified": True}), email="nelly@example.com"),
            {"email": "nelly@example.com", "email_verified": True},
        ),
        (
            ["openid", "email"],
            Person(NELLY, email="nelly@example.com"),
            {"email": "nelly@example.com", "email_verified": False},
        ),
        (["openid", "groups"], Person(NELLY), {"groups": []}),
        (
            ["openid", "groups"],
            Person(NELLY, (Guild(id="2"), Guild(id="1"), Guild(id="2"))),
            {"groups": ["2", "1"]},
        ),
    ],
)
def test_each_scope_gives_its_claims(
    names: list[str], person: Person, claims: dict[str, object]
) -> None:
    assert claims_of(person, names) == {"sub": "80351110224678912", **claims}


@pytest.mark.parametrize("name", [None, ""])
def test_who_has_no_display_name_goes_by_the_username(name: str | None) -> None:
    person = Person(NELLY.model_copy(update={"global_name": name}))
    assert claims_of(person, ["profile"])["name"] == "nelly"


def test_a_claim_with_nothing_to_say_is_absent() -> None:
    person = Person(NELLY.model_copy(update={"locale": None}))
    assert "locale" not in claims_of(person, ["profile"])
