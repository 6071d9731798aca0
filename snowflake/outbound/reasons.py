"""Why somebody cannot be reached, in words that name no more than the fault."""

import socket
import ssl
from collections.abc import Iterator
from typing import Final

NOT_TRUSTED: Final = "its certificate is signed by an authority that is not trusted here"
#: OpenSSL's code for what is wrong with a certificate (``openssl-verification-options``) -> words.
_REFUSED: Final = {
    2: NOT_TRUSTED,
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: NOT_TRUSTED,
    20: NOT_TRUSTED,
    21: NOT_TRUSTED,
    23: "its certificate is revoked",
    62: "its certificate is for another host name",
    64: "its certificate is for another address",
}
#: Of those, the ones that go away once the certificate is trusted.
_MENDED_BY_TRUST: Final = {2, 18, 19, 20, 21}
CURE: Final = "Name a file with the certificate of its authority in SSL_CERT_FILE."


def reason_of(error: BaseException) -> str:
    """Answer why somebody cannot be reached, without anything that was sent.

    HTTP libraries wrap what has happened in errors of their own, whose words quote the request and
    whose names mislead; what is behind them tells more.
    """
    if (fault := _tls_fault(error)) is not None:
        return _tls_reason(fault)
    for behind in _behind(error):
        # One with an empty label, say, is not even looked up.
        if isinstance(behind, socket.gaierror | UnicodeError):
            return "its host name is not known here"
        if isinstance(behind, ConnectionRefusedError):
            return "it refuses the connection"
    return type(error).__name__


def cure_of(error: BaseException) -> str | None:
    """Answer what mends a certificate that is not trusted, and None for everything else."""
    fault = _tls_fault(error)
    if isinstance(fault, ssl.SSLCertVerificationError) and fault.verify_code in _MENDED_BY_TRUST:
        return CURE
    return None


def _tls_reason(fault: ssl.SSLError) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        told = f"its certificate is refused: {fault.verify_message}"
        return _REFUSED.get(fault.verify_code, told)
    # Only OpenSSL gives one.
    reason = getattr(fault, "reason", None)
    if reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST"}:
        return "it speaks no TLS at this port"
    return f"TLS failed: {reason or 'the connection was cut off'}"


def _tls_fault(error: BaseException) -> ssl.SSLError | None:
    """Answer the innermost fault of TLS: aiohttp's own are of its kind too, but know no reason."""
    faults = [one for one in _behind(error) if isinstance(one, ssl.SSLError)]
    return faults[-1] if faults else None


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        # httpx's own library leaves out that one is the cause of the other.
        error = error.__cause__ or error.__context__
