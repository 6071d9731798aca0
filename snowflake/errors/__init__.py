"""Everything that can go wrong, in one tree.

::

    SnowflakeError
    ├── StartFault                 a reason not to start, one line per fault
    ├── LoginError                 a login that cannot go on; a page for the person
    │   ├── LoginExpired
    │   ├── LoginSignedOut
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
    │       └── UpstreamUnasked
    └── OAuthError                 an answer that applications understand (RFC 6749, section 5.2)
        ├── InvalidRequest
        │   ├── StaleAnswer
        │   ├── SentFromElsewhere
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
        ├── UnlistedGrantType
        ├── UnlistedResponseType
        ├── UnmetRequirements
        ├── UnsupportedGrantType
        ├── UnsupportedResponseType
        ├── InvalidScope
        ├── RequestNotSupported
        ├── RequestUriNotSupported
        ├── RegistrationNotSupported
        ├── InvalidToken
        │   ├── InsufficientScope
        │   └── MissingToken
        ├── LoginRequired
        ├── ConsentRequired
        ├── AuthorizationPending
        │   └── SlowDown
        ├── DeviceDenied
        ├── DeviceExpired
        └── TemporarilyUnavailable
            ├── Busy
            │   └── KeyMissing
            ├── DiscordDown
            ├── StoreDown
            │   └── StoreRefused
            └── TooManyRequests

Errors are raised where the rule is known and turned into a response in ``web/errors.py``. Those of
``start`` end the start, those of ``oauth``, ``devices`` and ``unavailable`` go to applications,
those of ``login_pages``, ``denial`` and ``link_pages`` to people, and those of ``upstream`` to
whoever asks the provider of linked roles.
"""

from snowflake.errors.denial import (
    Denial,
    LoginDenied,
    Refusal,
)
from snowflake.errors.devices import (
    AuthorizationPending,
    DeviceDenied,
    DeviceExpired,
    SlowDown,
)
from snowflake.errors.link_pages import (
    LinkCancelled,
    LinkElsewhere,
    LinkError,
    LinkExpired,
    LinkLimited,
    LinkMisconfigured,
    LinkRefused,
    LinkSpent,
    LinkUnavailable,
    LinkUnknown,
    NotLinked,
)
from snowflake.errors.login_pages import (
    Back,
    LoginElsewhere,
    LoginError,
    LoginExpired,
    LoginSignedOut,
    LoginSpent,
    LoginUnknown,
    Ways,
)
from snowflake.errors.oauth import (
    AccessDenied,
    CodeUnreadable,
    ConsentRequired,
    InsufficientScope,
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    InvalidToken,
    LoginRequired,
    MissingToken,
    NotFound,
    NotServed,
    OAuthError,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestTimeout,
    RequestUriNotSupported,
    SentFromElsewhere,
    StaleAnswer,
    TokenSentTwice,
    TooLarge,
    UnauthorizedClient,
    UnlistedGrantType,
    UnlistedResponseType,
    UnmetRequirements,
    UnregisteredRedirect,
    UnsupportedGrantType,
    UnsupportedResponseType,
)
from snowflake.errors.root import (
    SnowflakeError,
)
from snowflake.errors.start import (
    StartFault,
)
from snowflake.errors.unavailable import (
    Busy,
    DiscordDown,
    KeyMissing,
    StoreDown,
    StoreRefused,
    TemporarilyUnavailable,
    TooManyRequests,
)
from snowflake.errors.upstream import (
    UpstreamDown,
    UpstreamError,
    UpstreamMisconfigured,
    UpstreamNarrowed,
    UpstreamRefused,
    UpstreamStep,
    UpstreamUnasked,
    UpstreamUntrusted,
)

__all__ = [
    "AccessDenied",
    "AuthorizationPending",
    "Back",
    "Busy",
    "CodeUnreadable",
    "ConsentRequired",
    "Denial",
    "DeviceDenied",
    "DeviceExpired",
    "DiscordDown",
    "InsufficientScope",
    "InvalidClient",
    "InvalidGrant",
    "InvalidRequest",
    "InvalidScope",
    "InvalidToken",
    "KeyMissing",
    "LinkCancelled",
    "LinkElsewhere",
    "LinkError",
    "LinkExpired",
    "LinkLimited",
    "LinkMisconfigured",
    "LinkRefused",
    "LinkSpent",
    "LinkUnavailable",
    "LinkUnknown",
    "LoginDenied",
    "LoginElsewhere",
    "LoginError",
    "LoginExpired",
    "LoginRequired",
    "LoginSignedOut",
    "LoginSpent",
    "LoginUnknown",
    "MissingToken",
    "NotFound",
    "NotLinked",
    "NotServed",
    "OAuthError",
    "Refusal",
    "RegistrationNotSupported",
    "RequestNotSupported",
    "RequestTimeout",
    "RequestUriNotSupported",
    "SentFromElsewhere",
    "SlowDown",
    "SnowflakeError",
    "StaleAnswer",
    "StartFault",
    "StoreDown",
    "StoreRefused",
    "TemporarilyUnavailable",
    "TokenSentTwice",
    "TooLarge",
    "TooManyRequests",
    "UnauthorizedClient",
    "UnlistedGrantType",
    "UnlistedResponseType",
    "UnmetRequirements",
    "UnregisteredRedirect",
    "UnsupportedGrantType",
    "UnsupportedResponseType",
    "UpstreamDown",
    "UpstreamError",
    "UpstreamMisconfigured",
    "UpstreamNarrowed",
    "UpstreamRefused",
    "UpstreamStep",
    "UpstreamUnasked",
    "UpstreamUntrusted",
    "Ways",
]
