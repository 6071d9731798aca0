"""Errors with which an authorization endpoint sends a browser back, whoever's it is."""

from typing import Final

#: Those that say that client and provider are not set up for each other, which whoever runs them
#: can mend and the person cannot (RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0, section
#: 3.1.2.6; RFC 9126; RFC 8707). What else a provider answers is about the person, or an outage.
OPERATORS: Final = frozenset(
    {
        "invalid_client",
        "invalid_request",
        "invalid_request_object",
        "invalid_request_uri",
        "invalid_scope",
        "invalid_target",
        "registration_not_supported",
        "request_not_supported",
        "request_uri_not_supported",
        "unauthorized_client",
        "unsupported_response_type",
    }
)
