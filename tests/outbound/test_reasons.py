import socket
import ssl

import pytest

from snowflake.outbound.reasons import cure_of, reason_of


def _because(cause: BaseException) -> BaseException:
    try:
        try:
            raise cause
        except type(cause) as error:
            raise RuntimeError("GET https://discord.com/?secret") from error
    except RuntimeError as error:
        return error


def _refused(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.verify_code, error.verify_message = code, "words of OpenSSL's"
    return error


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its host name is not known here"),
        (ConnectionRefusedError(111, "secret"), "it refuses the connection"),
        (ssl.SSLEOFError(8, "secret"), "TLS failed: the connection was cut off"),
        (_refused(23), "its certificate is revoked"),
        (_refused(24), "its certificate is refused: words of OpenSSL's"),
        (TimeoutError("secret"), "RuntimeError"),
    ],
)
def test_what_is_behind_an_error_is_told_and_no_more(cause: BaseException, reason: str) -> None:
    assert reason_of(_because(cause)) == reason


@pytest.mark.parametrize(("code", "cured"), [(18, True), (20, True), (10, False), (62, False)])
def test_only_trust_that_is_missing_can_be_given(code: int, *, cured: bool) -> None:
    cure = cure_of(_because(_refused(code)))
    assert (cure is not None and "SSL_CERT_FILE" in cure) is cured


def test_what_is_no_fault_of_tls_is_not_mended_by_trust() -> None:
    assert cure_of(ConnectionRefusedError()) is None
