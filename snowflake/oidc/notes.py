"""What travels: the login note to Discord and back, the code note to the application and back."""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from snowflake.crypto.sealing import Note
from snowflake.oidc.answers import Asker
from snowflake.protocol.known_browser import KnownBrowser
from snowflake.settings.client import Client
from snowflake.settings.issuers import issuer_of_client
from snowflake.store.device_codes import GRACE, LIFETIME
from snowflake.store.grants import Requested


@dataclass(frozen=True)
class LoginNote(Note):
    """What ``/authorize`` must remember until the callback. It is Discord's ``state``.

    ``browser`` is the fingerprint of the cookie that the browser must bring, ``referrer`` the page
    to which a refusal leads, ``verifier`` our own PKCE verifier towards Discord. A login that is
    ``silent`` has nobody before it who could read a page. ``begun`` is the Unix time from which its
    lifetime counts, however often the note is sealed. Where somebody is ``hinted``, by names that
    the client knows or by their ``login``, nobody else may come back. It ``asks_consent`` if the
    application wants the person to be asked what it may learn, though they have allowed it before.
    ``issuer`` is that of everybody, below which the client may have its ``own_issuer``.
    ``requested`` are claims that were asked for beside the scopes. Who lets a ``device`` sign in
    comes with its user code, and comes back to our own page.
    """

    purpose: ClassVar[str] = "login note 9"

    client_id: str
    issuer: str
    redirect_uri: str
    discord_redirect_uri: str
    scope: str
    state: str | None
    nonce: str | None
    code_challenge: str | None
    verifier: str
    browser: str
    referrer: str | None
    silent: bool
    begun: int
    hinted: tuple[str, ...]
    login: str | None = None
    asks_consent: bool = False
    own_issuer: bool = False
    response_type: str = "code"
    response_mode: str = "query"
    requested: Requested = field(default_factory=dict)
    device: str | None = None

    def asks_for(self, word: str) -> bool:
        """Whether a word is in the response type."""
        return word in self.response_type.split()

    @property
    def iss(self) -> str:
        """The issuer that answers and tokens name, which may be the client's own."""
        return _iss(self)

    @property
    def asker(self) -> Asker:
        """The application that has asked, to be answered."""
        return Asker(self.redirect_uri, self.iss, self.state, self.response_mode)


class Came(NamedTuple):
    """How somebody has come: the fields of a ``CodeNote`` that no login note has."""

    login: str | None
    discord_code: str | None
    auth_time: int
    caller: str
    known: str | None = None
    logins: tuple[str, ...] = ()
    session: str | None = None
    session_ends: int | None = None
    subject: str | None = None


@dataclass(frozen=True)
class CodeNote(Note):
    """What the callback must remember until ``/token``. It is our authorization code.

    ``id`` is what the store knows it by, and the grant that it makes. ``discord_code`` is Discord's
    own code, which Discord accepts once, and ``login`` the same of all codes that it has brought;
    both are None for somebody who came by a session. ``auth_time`` is the Unix time at which
    Discord vouched for the person. ``session`` is the ID of their session, if they have one, and
    ``session_ends`` the Unix time of its end. ``subject`` is the name by which a registered client
    knows them, None where nobody knows yet who it is. ``caller`` is the browser's address,
    ``known`` and ``logins`` what the browser's cookie says of who has signed in there before.
    """

    purpose: ClassVar[str] = "code note 7"

    id: str
    login: str | None
    client_id: str
    issuer: str
    redirect_uri: str
    discord_redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    verifier: str
    discord_code: str | None
    auth_time: int
    caller: str
    known: str | None
    logins: tuple[str, ...]
    session: str | None = None
    session_ends: int | None = None
    own_issuer: bool = False
    subject: str | None = None
    requested: Requested = field(default_factory=dict)
    device: str | None = None

    @classmethod
    def of(cls, note: LoginNote, code_id: str, came: Came) -> "CodeNote":
        """Answer the note of a code that a login comes to."""
        return cls(
            id=code_id,
            client_id=note.client_id,
            issuer=note.issuer,
            redirect_uri=note.redirect_uri,
            discord_redirect_uri=note.discord_redirect_uri,
            scope=note.scope,
            nonce=note.nonce,
            code_challenge=note.code_challenge,
            verifier=note.verifier,
            own_issuer=note.own_issuer,
            requested=note.requested,
            device=note.device,
            **came._asdict(),
        )

    @property
    def iss(self) -> str:
        """The issuer that tokens name, which may be the client's own."""
        return _iss(self)

    def lifetime(self, client: Client) -> float:
        """Answer for how many seconds it is good for its client.

        That of a device waits for the person's answer, and for the device to ask.
        """
        return LIFETIME + GRACE if self.device is not None else client.code_lifetime.total_seconds()

    @property
    def browser(self) -> KnownBrowser:
        """Who has signed in before in the browser that brought Discord's code."""
        return KnownBrowser(self.known, self.logins)


def _iss(note: LoginNote | CodeNote) -> str:
    """Answer by which issuer a login began; the configuration may have changed since."""
    return issuer_of_client(note.issuer, note.client_id) if note.own_issuer else note.issuer
