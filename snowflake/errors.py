"""Everything that can go wrong, in one tree.

::

    SnowflakeError
    ├── StartFault                 a reason not to start, one line per fault
    ├── LoginError                 a login that cannot go on; a page for the person
    │   ├── LoginExpired
    │   ├── LoginUnknown
    │   ├── LoginElsewhere
    │   └── LoginSpent
    ├── LoginDenied                a person who may not sign in; a page that says why
    ├── LinkError                  linking that cannot go on; a page with a way to start again
    │   ├── LinkExpired
    │   ├── LinkUnknown
    │   ├── LinkElsewhere
    │   ├── LinkSpent
    │   ├── LinkCancelled
    │   ├── LinkRefused
    │   ├── LinkUnavailable
    │   ├── LinkMisconfigured
    │   ├── LinkLimited
    │   └── NotLinked
    ├── UpstreamError              the OpenID provider behind linked roles is of no use now
    │   ├── UpstreamDown
    │   ├── UpstreamRefused
    │   ├── UpstreamNarrowed
    │   ├── UpstreamMisconfigured
    │   └── UpstreamUntrusted
    └── OAuthError                 an answer that applications understand (RFC 6749, section 5.2)
        ├── InvalidRequest
        │   ├── UnregisteredRedirect
        │   ├── NotServed
        │   ├── NotFound
        │   ├── TokenSentTwice
        │   ├── TooLarge
        │   └── RequestTimeout
        ├── InvalidClient
        ├── InvalidGrant
        │   ├── AccessDenied
        │   └── CodeUnreadable
        ├── UnauthorizedClient
        ├── UnsupportedGrantType
        ├── UnsupportedResponseType
        ├── InvalidScope
        ├── RequestNotSupported
        ├── RequestUriNotSupported
        ├── RegistrationNotSupported
        ├── InvalidToken
        │   └── MissingToken
        ├── LoginRequired
        └── TemporarilyUnavailable
            ├── DiscordDown
            ├── StoreRefused
            └── TooManyRequests

Errors are raised where the rule is known and turned into a response in ``web/errors.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal


class SnowflakeError(Exception):
    """The root of the tree."""


class StartFault(SnowflakeError):
    """Snowflake cannot start as it is configured.

    ``faults`` holds one readable line per fault, without secrets.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Ways:
    """Where somebody can go whose login cannot go on.

    ``application`` is what people know the client by. ``again`` is Discord's page for the same
    request, ``back`` a place of the client's own; None where nobody vouches for one.
    """

    application: str
    back: str | None = None
    again: str | None = None


class LoginError(SnowflakeError):
    """A login that cannot go on: a page for the person.

    It has ``ways`` on for a registered client alone. Of a Discord application nobody but Discord
    can say where it is.
    """

    title: ClassVar[str]
    explanation: ClassVar[str]
    advice: ClassVar[str] = "Go back to where you came from and sign in again. Nothing is lost."

    def __init__(self, ways: Ways | None = None) -> None:
        super().__init__(type(self).__name__)
        self.ways = ways


class LoginExpired(LoginError):
    """The login note is older than ``LOGIN_LIFETIME``."""

    title = "That took a little too long"
    explanation = "For your safety a login has to be finished within half an hour."


class LoginUnknown(LoginError):
    """The login note is missing, altered, or was sealed by another Snowflake."""

    title = "We don't recognise this login"
    explanation = (
        "The link that brought you here is incomplete or was changed on its way, or it belongs to "
        "a login that began somewhere else."
    )


class LoginElsewhere(LoginError):
    """The login note belongs to another browser, or this browser kept no cookie."""

    title = "This login can't be finished here"
    explanation = (
        "Your browser has no cookie of ours for this login. Either it blocks our cookies, or the "
        "login began in another browser."
    )
    advice = (
        "Allow cookies for this site, then go back to where you came from and sign in again. If "
        "somebody sent you this link, do not use it: they may have tried to sign you in as "
        "themselves."
    )


class LoginSpent(LoginError):
    """The login has been finished, or Discord knows of it no more."""

    title = "This login is over"
    explanation = "It has been finished already, or Discord has forgotten about it."


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not sign in.

    ``policy`` is its name in the log, ``sentence`` tells the person what failed and what to do.
    It is ``solvable`` if they can do something about it or wait, ``by_joining`` if that begins
    with joining a guild. Where the sentence asks for just that, ``guilds`` are the IDs of those
    that would do: one of them, or ``every`` one. It is ``untold`` if it may be otherwise, and
    Discord has only not said so.
    """

    policy: str
    sentence: str
    solvable: bool = True
    by_joining: bool = False
    guilds: frozenset[str] = frozenset()
    every: bool = False
    untold: bool = False

    def is_told_by(self, other: "Refusal") -> bool:
        """Whether whoever does what another sentence asks for has joined what this one asks for."""
        if not self.guilds or self.every or not other.guilds:
            return False
        return bool(other.guilds & self.guilds) if other.every else other.guilds <= self.guilds


@dataclass(frozen=True, slots=True)
class Denial:
    """What a person who is not let in can be told.

    ``application`` is what people know it by and ``account`` their username at Discord.
    ``another_account`` is the address of Discord's page for this same login, ``back`` the
    application's own with the error ``access_denied``, and ``invite`` leads into a guild.
    """

    refusals: tuple[Refusal, ...]
    application: str
    account: str
    another_account: str
    back: str
    invite: str | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the person is told, no guild twice."""
        told: list[Refusal] = []
        # What asks for most comes first, and makes what asks for less superfluous.
        for refusal in sorted(self.refusals, key=lambda one: (not one.every, len(one.guilds))):
            if not any(refusal.is_told_by(other) for other in told):
                told.append(refusal)
        return tuple(refusal.sentence for refusal in self.refusals if refusal in told)

    @property
    def policies(self) -> str:
        """The names of the conditions that do not hold, for the log."""
        return ", ".join(refusal.policy for refusal in self.refusals)


class LoginDenied(SnowflakeError):
    """A person who may not sign in, and can do something about it."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(denial.policies)
        self.denial = denial


class LinkError(SnowflakeError):
    """Linking, or unlinking, that cannot go on: a page for the person, and a way to start again.

    ``side`` is who stood in the way, Discord or what the upstream provider is called, and may be
    named by the words. ``cause`` is for the log alone.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str]
    explanation: ClassVar[str]
    advice: ClassVar[str] = "Nothing has been changed. You can start again."

    def __init__(self, side: str = "Discord", cause: str | None = None) -> None:
        super().__init__(type(self).__name__)
        self.side, self.cause = side, cause
        #: Whether the person was about to unlink, and would start there again.
        self.unlinking = False


class LinkExpired(LinkError):
    """The note is older than ``LOGIN_LIFETIME``."""

    title = "That took a little too long"
    explanation = "For your safety each step has to be finished within half an hour."


class LinkUnknown(LinkError):
    """The note is missing, altered, or was sealed by another Snowflake; or the answer is odd."""

    title = "We don't recognise this step"
    explanation = (
        "The address that brought you here is incomplete or was changed on its way, or it belongs "
        "to something that began somewhere else."
    )


class LinkElsewhere(LinkError):
    """The note belongs to another browser, or this browser kept no cookie."""

    title = "This can't be finished here"
    explanation = (
        "Your browser has no cookie of ours for this. Either it blocks our cookies, or you began "
        "in another browser."
    )
    advice = (
        "Allow cookies for this site and start again. If somebody sent you this address, do not "
        "use it: they may have tried to link your account with theirs."
    )


class LinkSpent(LinkError):
    """The step has been done, or the provider knows of it no more."""

    title = "This step is over"
    explanation = "It has been finished already, or {side} has forgotten about it."
    advice = "If you were told that it worked, it did. If not, start again."


class LinkCancelled(LinkError):
    """The person did not allow it."""

    title = "You have cancelled"
    explanation = "You did not allow it at {side}, so nothing has been changed."
    advice = "If you did not mean to, start again."


class LinkRefused(LinkError):
    """The upstream provider, or Discord, does not let this person through."""

    title = "{side} did not let you through"
    explanation = "It reported an error. Your account there may be closed, or not allowed here."
    advice = "Nothing has been changed. Start again with another account, or ask {side} for help."


class LinkUnavailable(LinkError):
    """Discord, the upstream provider or the store gives no usable answer now."""

    status = 503
    title = "This can't be done right now"
    explanation = "{side} gives no usable answer at the moment."
    # An answer may have been lost after the thing was done.
    advice = (
        "We can't tell whether anything has been changed. Wait a minute, then start again: "
        "it does no harm."
    )


class LinkMisconfigured(LinkError):
    """Snowflake and one of the two sides are not set up for each other."""

    status = 502
    title = "This is not set up right"
    explanation = "{side} and this sign-in service do not agree with each other."
    advice = (
        "You can't mend this yourself. Give whoever runs this sign-in service the reference below; "
        "once it is mended you can start again."
    )


class LinkLimited(LinkError):
    """Too many codes have come that Discord did not make. ``retry_after`` is in whole seconds."""

    status = 429
    title = "Please wait a few minutes"
    explanation = (
        "Somebody has tried too often to get in here with something that {side} knows nothing of. "
        "For now only those go on who have been here before in this browser."
    )
    advice = "Nothing has been changed. Wait ten minutes, then start again."

    def __init__(
        self, side: str = "Discord", cause: str | None = None, *, retry_after: int = 0
    ) -> None:
        super().__init__(side, cause)
        self.retry_after = retry_after


class NotLinked(LinkError):
    """There is nothing to unlink."""

    status = 404
    title = "You are not linked"
    explanation = "At {side} there is no account to which your Discord account is linked."
    advice = "There is nothing that you would have to do."


#: What was asked of the upstream provider, or read of it, when it was of no use.
UpstreamStep = Literal["discovery", "jwks", "par", "token", "ID token", "userinfo", "revocation"]


class UpstreamError(SnowflakeError):
    """The OpenID provider behind linked roles is of no use now.

    ``step`` says where, and callers go by it. ``cause``, the step and the ``reason`` in words, is
    for whoever runs Snowflake to read, and holds nothing that was sent.
    """

    def __init__(self, step: UpstreamStep, reason: str) -> None:
        super().__init__(step, reason)
        self.step, self.cause = step, f"{step}: {reason}"

    def __str__(self) -> str:
        return self.cause


class UpstreamDown(UpstreamError):
    """It does not answer, or nothing that can be used. Another try may do."""


class UpstreamRefused(UpstreamError):
    """It takes the code or the refresh token no more, or the person is disabled there."""


class UpstreamNarrowed(UpstreamError):
    """The person has allowed less than was asked for, and values could turn out in their favour."""


class UpstreamMisconfigured(UpstreamError):
    """It and Snowflake are not configured for each other; another try will not do."""


class UpstreamUntrusted(UpstreamError):
    """Its ID token or UserInfo is not what it has to be. Nothing of it may be used."""


class OAuthError(SnowflakeError):
    """An error of OAuth 2.0 or OpenID Connect.

    ``description`` is written for the developer who reads it: plain ASCII without quotes or
    backslashes (RFC 6749, section 5.2), and never with anything that was sent to us.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 400

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description

    @property
    def log_name(self) -> str:
        """What the log and the metrics call it."""
        return self.code

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that go with the answer."""
        return {}


class InvalidRequest(OAuthError):
    """A parameter is missing, repeated, malformed or not allowed here."""

    code = "invalid_request"


class UnregisteredRedirect(InvalidRequest):
    """A URI to come back to is not one of the registered client's. The log says how it differs."""


class NotServed(InvalidRequest):
    """Snowflake is not served by this host name, by two at once, or over plain HTTP."""


class NotFound(InvalidRequest):
    """There is nothing by that name."""

    status = 404


class TooLarge(InvalidRequest):
    """More was sent than any honest request holds."""

    status = 413


class TokenSentTwice(InvalidRequest):
    """An access token came in two ways at once (RFC 6750, section 2)."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge of RFC 6750, section 3."""
        return {"WWW-Authenticate": f'Bearer realm="Snowflake", error="{self.code}"'}


class RequestTimeout(InvalidRequest):
    """The body did not arrive in time."""

    status = 408


class InvalidClient(OAuthError):
    """Client authentication failed (RFC 6749, section 5.2)."""

    code = "invalid_client"
    status = 401

    @property
    def headers(self) -> Mapping[str, str]:
        """Names the scheme by which a client may authenticate."""
        return {"WWW-Authenticate": 'Basic realm="Snowflake", charset="UTF-8"'}


class InvalidGrant(OAuthError):
    """The code or refresh token is of no use to this client (RFC 6749, section 5.2).

    It is unknown, expired, used, revoked or another client's, or the person may not go on with it:
    they have removed the application at Discord, were erased here, or are not let in any more.
    """

    code = "invalid_grant"


class AccessDenied(InvalidGrant):
    """A condition of ``[access]`` does not hold for the person. ``refusals`` say which ones."""

    def __init__(self, description: str, refusals: Sequence[Refusal] = ()) -> None:
        super().__init__(description)
        self.refusals = tuple(refusals)

    @property
    def log_name(self) -> str:
        """Whoever runs this has to tell it from a code that is not good."""
        return "access_denied"

    @property
    def solvable(self) -> bool:
        """Whether a page could help: the person can do something about one of them."""
        return any(refusal.solvable for refusal in self.refusals)


class CodeUnreadable(InvalidGrant):
    """Discord makes nothing of its code, and may not have looked at the client that sent it."""


class UnauthorizedClient(OAuthError):
    """The client may not use this Snowflake."""

    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """There is no such grant type here."""

    code = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    """Only ``code`` is answered."""

    code = "unsupported_response_type"


class InvalidScope(OAuthError):
    """A scope is missing that is needed, or there that was not granted."""

    code = "invalid_scope"


class LoginRequired(OAuthError):
    """Somebody else would have to sign in (OpenID Connect Core 1.0, section 3.1.2.6)."""

    code = "login_required"


class RequestNotSupported(OAuthError):
    """Request objects are not read (OpenID Connect Core 1.0, section 3.1.2.6)."""

    code = "request_not_supported"


class RequestUriNotSupported(OAuthError):
    """Request objects are not fetched (OpenID Connect Core 1.0, section 3.1.2.6)."""

    code = "request_uri_not_supported"


class RegistrationNotSupported(OAuthError):
    """Self-issued registration is not read (OpenID Connect Core 1.0, section 3.1.2.6)."""

    code = "registration_not_supported"


class InvalidToken(OAuthError):
    """The access token is expired, damaged or of another kind (RFC 6750, section 3.1)."""

    code = "invalid_token"
    status = 401

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge of RFC 6750, section 3."""
        return {
            "WWW-Authenticate": (
                f'Bearer realm="Snowflake", error="{self.code}", '
                f'error_description="{self.description}"'
            )
        }


class MissingToken(InvalidToken):
    """No access token was sent; the challenge then names no error (RFC 6750, section 3.1)."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The bare challenge."""
        return {"WWW-Authenticate": 'Bearer realm="Snowflake"'}


class TemporarilyUnavailable(OAuthError):
    """Discord or the store cannot be asked right now.

    ``retry_after`` is in whole seconds; ``cause`` is for whoever runs Snowflake alone. ``answered``
    tells that Discord did answer, but nothing that can be used.
    """

    code = "temporarily_unavailable"
    status = 503

    def __init__(
        self,
        description: str,
        retry_after: int = 5,
        cause: str | None = None,
        *,
        answered: bool = False,
    ) -> None:
        super().__init__(description)
        self.retry_after = retry_after
        self.cause = cause
        self.answered = answered

    @property
    def headers(self) -> Mapping[str, str]:
        """When to come back (RFC 9110, section 10.2.3)."""
        return {"Retry-After": str(self.retry_after)}


class DiscordDown(TemporarilyUnavailable):
    """Discord answers nobody. It is not asked before ``retry_after``.

    ``since`` is the Unix time at which it failed first, ``lasting`` the seconds from then on.
    """

    def __init__(
        self, description: str, retry_after: int = 5, *, since: int = 0, lasting: int = 0
    ) -> None:
        super().__init__(description, retry_after)
        self.since = since
        self.lasting = lasting


class StoreRefused(TemporarilyUnavailable):
    """The database turns Snowflake away, and will until somebody mends what ``cause`` tells."""


class TooManyRequests(TemporarilyUnavailable):
    """Too much was tried in vain: client credentials, codes that Discord did not make, the hook.

    To ask Discord about more could have our address banned or keep others waiting, and to look into
    more here would take too much of a processor's time or have a secret guessed.
    """

    status = 429
