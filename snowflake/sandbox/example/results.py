"""What came of the last logins, kept here because a session cookie holds only 4 KB."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

MAX_RESULTS: Final = 100


@dataclass(frozen=True)
class Step:
    """One thing that travelled during a login.

    ``request`` is the method and address; ``parameters`` are what went along; ``answers`` are JSON
    documents by name. Nothing in it is secret any more.
    """

    title: str
    text: str
    request: str
    parameters: Mapping[str, str]
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Success:
    """A login that ended well."""

    claims: Mapping[str, object]
    steps: tuple[Step, ...]
    id_token: str = ""

    @property
    def sid(self) -> str | None:
        """The provider's name for the session, if it has one."""
        sid = self.claims.get("sid")
        return sid if isinstance(sid, str) else None


@dataclass(frozen=True)
class SignedOut:
    """A login that is over: the provider has ended it, ``by`` a channel, or the person has."""

    by: str = ""


@dataclass(frozen=True)
class Failure:
    """A login that did not: what happened and what to do, for people, and the error's name."""

    error: str
    what: str
    advice: str
    status: int = 400


Result = Success | Failure | SignedOut


Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The last :data:`MAX_RESULTS` things, by a random ID."""

    def __init__(self) -> None:
        self._values: OrderedDict[str, Value] = OrderedDict()

    def add(self, value: Value) -> str:
        """Keep something and return its ID; the oldest goes when there are too many."""
        key = secrets.token_urlsafe(16)
        self._values[key] = value
        while len(self._values) > MAX_RESULTS:
            self._values.popitem(last=False)
        return key

    def get(self, key: str | None) -> Value | None:
        """Return something, or None if it is gone."""
        return self._values.get(key or "")

    def replace(self, key: str, value: Value) -> None:
        """Put something in place of what has this ID, unless that is gone."""
        if key in self._values:
            self._values[key] = value

    def forget(self, key: str | None) -> None:
        """Drop something."""
        self._values.pop(key or "", None)


class Results(Kept[Result]):
    """The last results of logins."""

    def end(self, sid: str, by: str) -> None:
        """Put what is said of an ended login in place of those of a session."""
        for key, result in self._values.items():
            if isinstance(result, Success) and result.sid == sid:
                self._values[key] = SignedOut(by)
