"""One link, and how the store keeps it: what is secret of it sealed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal

from pydantic import SecretStr
from sqlalchemy import RowMapping

from snowflake.crypto.sealing import Note, Sealer
from snowflake.store.sealed import open_sealed

LinkState = Literal["pending", "active", "lost", "ended"]
#: Discord may have been told, or not: nobody has seen its answer. It is withdrawn.
PENDING: Final = "pending"
ACTIVE: Final = "active"
#: The upstream account belongs to somebody else now, and Discord has to be told.
LOST: Final = "lost"
#: Nothing is kept true any more: the person is gone at either side.
ENDED: Final = "ended"


@dataclass(frozen=True, slots=True)
class Link:
    """A link. Times are Unix times in seconds.

    ``application`` is the Discord application, ``subject`` the upstream account's ``sub`` at
    ``issuer`` and ``claims`` what was said of it last. ``values`` and ``username`` are what was
    last put at Discord, nothing before the first time or where that is not known. ``synced_at`` is
    when both sides were last compared, ``retry_at`` before when the next try does not come, and
    ``asked_at`` when the refresh token was sent, if no answer has come since.
    """

    person: str
    application: str
    issuer: str
    subject: str
    refresh_token: SecretStr | None
    claims: Mapping[str, Any]
    linked_at: int
    synced_at: int
    values: Mapping[str, str]
    username: str = ""
    state: LinkState = ACTIVE
    retry_at: int = 0
    asked_at: int = 0


@dataclass(frozen=True)
class SealedLink(Note):
    """What is secret of a link, tied to its accounts so that no row passes for another."""

    purpose: ClassVar[str] = "link 1"

    person: str
    application: str
    issuer: str
    subject: str
    refresh_token: str | None
    claims: dict[str, Any]
    values: dict[str, str]
    username: str


def row_of(link: Link, sealer: Sealer) -> dict[str, object]:
    """Answer the columns of a link but for the person."""
    token = link.refresh_token
    sealed = SealedLink(
        person=link.person,
        application=link.application,
        issuer=link.issuer,
        subject=link.subject,
        refresh_token=token.get_secret_value() if token is not None else None,
        claims=dict(link.claims),
        values=dict(link.values),
        username=link.username,
    )
    return {
        "application": link.application,
        "subject": link.subject,
        "sealed": sealer.seal(sealed),
        "state": link.state,
        "linked_at": link.linked_at,
        "synced_at": link.synced_at,
        "retry_at": link.retry_at,
        "failures": 0,
        "asked_at": link.asked_at,
        "sealed_by": sealer.name,
    }


def link_of(row: RowMapping, sealer: Sealer) -> Link:
    """Answer the link of a row.

    Raises:
        ValueError: what is sealed in it is another's.
        TemporarilyUnavailable: it cannot be opened.
    """
    sealed = open_sealed(sealer, SealedLink, row["sealed"])
    own = (row["person"], row["application"], row["subject"])
    if (sealed.person, sealed.application, sealed.subject) != own:
        raise ValueError("what is sealed of a link belongs to another")
    token = sealed.refresh_token
    return Link(
        person=sealed.person,
        application=sealed.application,
        issuer=sealed.issuer,
        subject=sealed.subject,
        refresh_token=SecretStr(token) if token is not None else None,
        claims=sealed.claims,
        values=sealed.values,
        username=sealed.username,
        state=row["state"],
        linked_at=row["linked_at"],
        synced_at=row["synced_at"],
        retry_at=row["retry_at"],
        asked_at=row["asked_at"],
    )


def without_subject(link: Link) -> Link:
    """Leave what is needed to tell Discord, and let it be due at once."""
    return replace(
        link, refresh_token=None, claims={}, subject="", state=LOST, synced_at=0, retry_at=0
    )
