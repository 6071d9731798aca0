import pytest

from snowflake.uris.secure import check_secure, is_secure

MACHINE = ["localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"]
ELSEWHERE = [
    *("app.example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com", ""),
    # Browsers read these as addresses of the machine; whoever means it can say so plainly.
    *("127.1", "2130706433", "0x7f.1", "0", "::"),
]


@pytest.mark.parametrize("host", [*MACHINE, *ELSEWHERE])
def test_https_is_secure_wherever_it_leads(host: str) -> None:
    assert is_secure("https", host)
    assert is_secure("https", host, loopback=False)


@pytest.mark.parametrize("host", MACHINE)
def test_http_is_secure_within_the_machine_unless_that_does_not_count(host: str) -> None:
    assert is_secure("http", host)
    assert not is_secure("http", host, loopback=False)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_http_is_secure_nowhere_else(host: str) -> None:
    assert not is_secure("http", host)


@pytest.mark.parametrize("scheme", ["", "ftp", "ws", "HTTPS", "httpss", "javascript"])
def test_no_other_scheme_is_secure(scheme: str) -> None:
    assert not is_secure(scheme, "localhost")


def test_the_fault_says_what_would_do() -> None:
    check_secure("http", "localhost")
    with pytest.raises(ValueError, match=r"^must be https://, or http:// on a loopback address$"):
        check_secure("http", "app.example.com")
    with pytest.raises(ValueError, match=r"^must be https://$"):
        check_secure("http", "localhost", loopback=False)
