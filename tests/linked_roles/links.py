"""Links as the store has them, each of another person with an upstream account of their own."""

from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from snowflake.store.link import Link
from tests.linked_roles.world import APPLICATION
from tests.running import NOW
from tests.upstream.provider import ISSUER


def linked(person: str, **changes: Any) -> Link:
    """Answer the link of a person who has just been linked; ``changes`` are to its fields."""
    made = Link(
        person=person,
        application=APPLICATION,
        issuer=ISSUER,
        subject=f"subject-{person}",
        refresh_token=SecretStr(f"upstream-refresh-{person}"),
        claims={"sub": f"subject-{person}", "groups": ["members"]},
        linked_at=NOW,
        synced_at=NOW,
        values={"member": "1"},
        username="ada.l",
    )
    return replace(made, **changes)
