"""What a device hears while it waits for a person, and if none lets it in (RFC 8628, 3.5)."""

from snowflake.errors.oauth import OAuthError


class AuthorizationPending(OAuthError):
    """Nobody has answered yet. It is no fault: devices hear it all the time."""

    code = "authorization_pending"


class SlowDown(AuthorizationPending):
    """The device asks too often, too, and has to wait longer from now on."""

    code = "slow_down"


class DeviceDenied(OAuthError):
    """The person has not allowed it, or may not sign in to the client."""

    code = "access_denied"


class DeviceExpired(OAuthError):
    """Nobody has answered in time."""

    code = "expired_token"
