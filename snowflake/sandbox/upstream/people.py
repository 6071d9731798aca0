"""People with an account at the provider."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

EMAIL: Final = frozenset({"email", "email_verified"})


@dataclass(frozen=True)
class Person:
    """Somebody with an account, known by ``sub`` for ever.

    ``about`` tells the tester what this person is good for; ``claims`` are all that the provider
    knows of them but for ``sub``. Somebody who is not ``active`` is let in nowhere.
    """

    sub: str
    about: str
    claims: Mapping[str, object] = field(default_factory=dict)
    active: bool = True

    @property
    def username(self) -> str:
        """The name by which they sign in."""
        return str(self.claims.get("preferred_username", self.sub))

    @property
    def display_name(self) -> str:
        """The name that the provider shows."""
        return str(self.claims.get("name", self.username))

    def saying(self, **claims: object) -> "Person":
        """Return the person with other claims; one that is None is left out."""
        said = {**self.claims, **claims}
        return replace(
            self, claims={name: value for name, value in said.items() if value is not None}
        )

    def told(self, scopes: Collection[str]) -> dict[str, object]:
        """Return the claims for these scopes (OpenID Connect Core 1.0, section 5.4).

        All that is no address comes with ``profile``, groups included, as at Authentik.
        """
        return {
            "sub": self.sub,
            **{
                name: value
                for name, value in self.claims.items()
                if ("email" if name in EMAIL else "profile") in scopes
            },
        }


PEOPLE: Final = (
    Person(
        "5b0f4c1e-ada",
        "A member of long standing, in three groups, with every kind of claim.",
        {
            "preferred_username": "ada",
            "name": "Ada Lindqvist",
            "email": "ada@society.example",
            "email_verified": True,
            "groups": ["members", "board", "lighthouse keepers"],
            "events_attended": 41,
            "member_since": "2019-04-01",
            "society": {"chapter": {"name": "North", "number": 3}, "fees_paid": True},
        },
    ),
    Person(
        "77d29a30-ravi",
        "Joined this year, and has not paid yet.",
        {
            "preferred_username": "ravi",
            "name": "Ravi Menon",
            "email": "ravi@society.example",
            "email_verified": True,
            "groups": ["members"],
            "events_attended": 1,
            "member_since": "2026-02-11",
            "society": {"chapter": {"name": "South", "number": 1}, "fees_paid": False},
        },
    ),
    Person(
        "c3e8805f-guest",
        "An account in no group, with next to no claims.",
        {"preferred_username": "guest-17", "groups": []},
    ),
    Person(
        "0d41b2c7-noor",
        "A name that runs right to left, and groups with odd names.",
        {
            "preferred_username": "noor",
            "name": "نور الخريطة 🗺️",
            "groups": ["members", "<b>bold</b>", "a, b", "été"],
            "events_attended": 0,
            "member_since": "2024-02-29T23:59:59+03:00",
        },
    ),
    Person(
        "e96fd514-left",
        "Left the society; the account is disabled.",
        {"preferred_username": "left", "name": "Somebody Who Left", "groups": []},
        active=False,
    ),
)
"""Everybody who comes with the sandbox."""
