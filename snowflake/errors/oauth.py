"""Errors that applications understand (RFC 6749, section 5.2; RFC 6750, section 3.1)."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from snowflake.errors.denial import Refusal
from snowflake.errors.root import SnowflakeError


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


class StaleAnswer(InvalidRequest):
    """A page of ours was answered too late, by somebody else, or with what is not on it."""


class SentFromElsewhere(InvalidRequest):
    """A form that changes something was not sent from a page of ours."""

    status = 403


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
    def policies(self) -> tuple[str, ...]:
        """The names of the conditions that do not hold."""
        return tuple(refusal.policy for refusal in self.refusals)

    @property
    def solvable(self) -> bool:
        """Whether a page could help: the person can do something about one of them."""
        return any(refusal.solvable for refusal in self.refusals)


class CodeUnreadable(InvalidGrant):
    """Discord makes nothing of its code, and may not have looked at the client that sent it."""


class UnauthorizedClient(OAuthError):
    """The client may not use this Snowflake."""

    code = "unauthorized_client"


class UnlistedResponseType(OAuthError):
    """The client asks for what it is not to use (RFC 6749, section 4.1.2.1)."""

    code = "unauthorized_client"


class UnlistedGrantType(OAuthError):
    """The client brings what it is not to use (RFC 6749, section 5.2)."""

    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """There is no such grant type here."""

    code = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    """There is no such response type here."""

    code = "unsupported_response_type"


class InvalidScope(OAuthError):
    """A scope is missing that is needed, or there that was not granted."""

    code = "invalid_scope"


class LoginRequired(OAuthError):
    """The person, or somebody else, would have to sign in (OpenID Connect Core, 3.1.2.6)."""

    code = "login_required"


class UnmetRequirements(OAuthError):
    """The person could not be authenticated as it is essential (its own specification, 1.0)."""

    code = "unmet_authentication_requirements"


class ConsentRequired(OAuthError):
    """The person would have to allow something first (OpenID Connect Core 1.0, 3.1.2.6)."""

    code = "consent_required"


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


class InsufficientScope(InvalidToken):
    """The access token is good, but not for this (RFC 6750, section 3.1)."""

    code = "insufficient_scope"
    status = 403


class MissingToken(InvalidToken):
    """No access token was sent; the challenge then names no error (RFC 6750, section 3.1)."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The bare challenge."""
        return {"WWW-Authenticate": 'Bearer realm="Snowflake"'}
