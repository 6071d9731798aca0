"""The names by which clients know people, where they are to hear of an end: sealed as claims are.

A name is kept as the client was last told it, for the person may be called otherwise meanwhile.
"""

from dataclasses import dataclass
from typing import ClassVar

from snowflake.crypto.sealing import Note, Sealer
from snowflake.store.sealed import open_sealed


@dataclass(frozen=True)
class SealedSubject(Note):
    """A subject at rest, tied to the client's name of the session so that none passes for another.

    So it may move from the client's part in the session to what it is yet to be told of its end.
    """

    purpose: ClassVar[str] = "subject 1"

    sid: str
    subject: str


def sealed_subject(sid: str, subject: str, person: str, sealer: Sealer) -> dict[str, object]:
    """Answer the columns that hold a subject: nothing, if it is the person's own ID."""
    if subject == person:
        return {"subject": None, "sealed_by": None}
    return {"subject": sealer.seal(SealedSubject(sid, subject)), "sealed_by": sealer.name}


def read_subject(sealed: str | None, sid: str, person: str, sealer: Sealer) -> str:
    """Answer the subject of a row.

    Raises:
        TemporarilyUnavailable: it cannot be opened.
    """
    if sealed is None:
        return person
    opened = open_sealed(sealer, SealedSubject, sealed)
    if opened.sid != sid:
        raise ValueError("the subject of a session belongs to another")
    return opened.subject
