"""The names by which clients know people (``sub``): the modes, one file each.

A new mode is one file, one line here, and its name in ``settings/tables/clients/subject``.
"""

from collections.abc import Mapping
from typing import Final

from snowflake.discord.models import User
from snowflake.errors import AccessDenied
from snowflake.people.subjects import email, hash, id, pairwise, username, uuid  # noqa: A004
from snowflake.people.subjects.keys import Keys
from snowflake.people.subjects.subject import Subject
from snowflake.settings.client import Client

_ANOTHER: Final = "A name that is made for it, and is not your Discord user ID."

#: Each mode by what ``subject`` of a client says.
SUBJECTS: Final[Mapping[str, Subject]] = {
    "id": Subject(id.of, "Who you are at Discord: your user ID."),
    "username": Subject(
        username.of,
        "Who you are at Discord: your username.",
        needs=frozenset({"username"}),
        reveals=True,
    ),
    "email": Subject(email.of, "Your e-mail address.", reveals=True),
    "hash": Subject(hash.of, _ANOTHER, is_keyed=True),
    "uuid": Subject(uuid.of, _ANOTHER, is_keyed=True),
    "pairwise": Subject(pairwise.of, _ANOTHER, is_keyed=True),
}


class Subjects:
    """Names people to clients, with the ``secret`` of this Snowflake.

    Where there is none yet, nobody can be named who needs it.
    """

    def __init__(self, secret: bytes | None) -> None:
        self._has_secret, self._keys = secret is not None, Keys.derive(secret or b"")

    def find(self, user: User, client: Client) -> str | None:
        """Answer by which name a client knows somebody; None if that cannot be told."""
        mode = SUBJECTS[client.subject]
        may_tell = self._has_secret or not mode.is_keyed
        return mode.of(user, client, self._keys) if may_tell else None

    def may_be(self, subject: str, person: str, client: Client) -> bool:
        """Whether a client may know somebody by a name today, as far as their ID tells.

        Of a username or an address it can only be told whether the name looks like one.
        """
        user, mode = User(id=person), SUBJECTS[client.subject]
        if client.subject == "id" or mode.is_keyed:
            return subject == self.find(user, client)
        by_id = {one.of(user, client, self._keys) for one in SUBJECTS.values()}
        return subject not in by_id and ("@" in subject) is (client.subject == "email")

    def of(self, user: User, client: Client) -> str:
        """Answer by which name a client knows somebody who signs in.

        Raises:
            AccessDenied: it knows people by what this one has not got.
        """
        subject = self.find(user, client)
        if subject is None:
            raise AccessDenied(f"the person has nothing for the subject: {client.subject}")
        return subject
