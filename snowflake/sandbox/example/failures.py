"""What went wrong, in plain words."""

from authlib.common.errors import AuthlibBaseError

from snowflake.sandbox.example.results import Failure

_AGAIN = "Go back and sign in again."

#: Errors behind which there are several reasons; the provider says which.
_DESCRIBED = frozenset({"access_denied", "invalid_grant"})

_WORDS = {
    "access_denied": (
        "The sign-in was not allowed, so this application knows nothing about you.",
        "If you refused and did not mean to, sign in again and allow it.",
    ),
    "expired_token": (
        "Nobody has entered the code in time.",
        "Sign in again; a new code will be shown.",
    ),
    "mismatching_state": (
        "The answer does not belong to a sign-in that was begun in this browser.",
        "This happens when another tab has signed in meanwhile, when a page is reloaded, when a "
        "sign-in waits too long, or when cookies are off. " + _AGAIN,
    ),
    "invalid_grant": (
        "The provider did not accept the code.",
        _AGAIN,
    ),
    "invalid_client": (
        "The provider did not accept this application's ID and secret.",
        "Check both where the application was started, then sign in again.",
    ),
    "temporarily_unavailable": (
        "The provider cannot answer at the moment.",
        "Wait a little, then sign in again.",
    ),
}


def explain(error: Exception) -> Failure:
    """Turn whatever a login raised into words: an OAuth error, or no usable answer at all."""
    if isinstance(error, AuthlibBaseError):
        return _refused(error.error or "oauth_error", error.description or "")
    return Failure(
        type(error).__name__,
        f"The provider could not be reached, or its answer makes no sense ({_detail(error)}).",
        "See whether the provider is running. Then go back and sign in again.",
        status=502,
    )


def _detail(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__


def _refused(error: str, description: str) -> Failure:
    what, advice = _WORDS.get(error, ("The provider refused the sign-in.", _AGAIN))
    if description and (error not in _WORDS or error in _DESCRIBED):
        what += f" It says: {description}"
    return Failure(error, what, advice)
