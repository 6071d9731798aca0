"""What came of the last logins, kept here because a session cookie holds only 4 KB."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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


class Results:
    """The last :data:`MAX_RESULTS` results, by a random ID."""

    def __init__(self) -> None:
        self._results: OrderedDict[str, Result] = OrderedDict()

    def add(self, result: Result) -> str:
        """Keep a result and return its ID; the oldest goes when there are too many."""
        key = secrets.token_urlsafe(16)
        self._results[key] = result
        while len(self._results) > MAX_RESULTS:
            self._results.popitem(last=False)
        return key

    def get(self, key: str | None) -> Result | None:
        """Return a result, or None if it is gone."""
        return self._results.get(key or "")

    def end(self, sid: str, by: str) -> None:
        """Put what is said of an ended login in place of those of a session."""
        for key, result in self._results.items():
            if isinstance(result, Success) and result.sid == sid:
                self._results[key] = SignedOut(by)

    def forget(self, key: str | None) -> None:
        """Drop a result."""
        self._results.pop(key or "", None)
