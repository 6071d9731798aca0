import pytest

from snowflake.uris.registered import check_registered, is_any_port, is_one_of

LOOPBACK = ["http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost/cb"]


@pytest.mark.parametrize(
    "uri",
    [
        *LOOPBACK,
        "https://app.example.com/cb",
        "http://127.0.0.2:3000/cb",
        "http://app.localhost/cb",
        "https://app.example.com./cb",
        "https://my_app:8443/cb",
        "https://[2001:db8::1]:8443/cb",
        "https://app.example.com/" + "x" * 2024,
        "app.immich:///oauth-callback",
        r"regex:https://.*\.example\.com/cb",
        r"regex:http://localhost:\d+/cb",
    ],
)
def test_a_uri_may_be_registered(uri: str) -> None:
    assert check_registered(uri) == uri


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://app.example.com/cb", "must be https://, or http:// on a loopback address"),
        (r"regex:http://app\.example\.com/cb", "must be https://, or http:// on a loopback"),
        ("HTTPS://app.example.com/cb", "must be in plain form"),
        ("Http://app.example.com/cb", "must be in plain form"),
        ("app.example.com/cb", "in an app's own scheme"),
        ("vbscript://x", "no app's own"),
        ("https://app.example.com/" + "x" * 2025, "must have at most 2048 characters"),
        ("com.example.app:/" + "x" * 2032, "must have at most 2048 characters"),
        # Nobody listens at port 0, and browsers write 8 for 08.
        ("https://app.example.com:0/cb", "must have a plain host and port"),
        ("https://app.example.com:08/cb", "must have a plain host and port"),
        ("http://127.0.0.1:0/cb", "must have a plain host and port"),
        ("http://[::1]:08080/cb", "must have a plain host and port"),
        ("com.example.app://callback:08/", "must have a plain host and port"),
        ("https://app.example.com:65536/cb", "is not a URI"),
        (r"regex:https://app\.example\.com:08/cb", "must write out the end of the host"),
        ("https://.example.org/cb", "must have a host name that there can be"),
        ("https://app..example.org/cb", "must have a host name that there can be"),
        ("https://./cb", "must have a host name that there can be"),
        ("https://app.example.org../cb", "must have a host name that there can be"),
        ("https://-.example.org/cb", "must have a host name that there can be"),
        ("https://app%2eexample.org/cb", "must have a host name that there can be"),
        (f"https://{'a' * 64}.example.org/cb", "must have a host name that there can be"),
    ],
)
def test_a_uri_to_which_no_login_may_lead_is_refused(uri: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_registered(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "*",
        "https://*.example.com/cb",
        "https://app.example.com/*",
        "https://app.example.com/cb?*",
        "http://localhost:*/cb",
        "com.example.app:/*",
    ],
)
def test_an_asterisk_is_meant_as_a_pattern(uri: str) -> None:
    with pytest.raises(ValueError, match=r"holds a \*.*'regex:https://\.\*"):
        check_registered(uri)


@pytest.mark.parametrize("port", ["", ":1", ":49152", ":65535"])
@pytest.mark.parametrize("known_port", ["", ":8080"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
@pytest.mark.parametrize("rest", ["", "/", "/cb", "/cb?a=b", "?a=b"])
def test_on_loopback_any_port_will_do(host: str, known_port: str, port: str, rest: str) -> None:
    known = f"http://{host}{known_port}{rest}"
    assert is_any_port(known)
    assert is_one_of(f"http://{host}{port}{rest}", [known])


@pytest.mark.parametrize(
    "uri",
    [
        *(f"http://{host}:8080/cb" for host in ("127.0.0.1", "[::1]", "127.0.0.2", "a.localhost")),
        "http://LOCALHOST:8080/cb",
        "https://localhost:8080/cb",
        "http://localhost:8080/cb/",
        "http://localhost:8080/other",
        "http://localhost:8080/cb?a=b",
        "http://localhost:/cb",
        "http://localhost:123456/cb",
        "http://localhost:80a/cb",
        "http://localhost.evil.example/cb",
        "http://localhost:80.evil.example/cb",
        "http://localhost:80@evil.example/cb",
        "http://localhost:8080\n/cb",
        "http://localhost\\cb",
        "http://me@localhost:8080/cb",
    ],
)
def test_nothing_but_the_port_is_left_open(uri: str) -> None:
    assert not is_one_of(uri, ["http://localhost/cb"])


@pytest.mark.parametrize(
    ("known", "uri"),
    [
        ("https://localhost/cb", "https://localhost:8443/cb"),
        ("http://127.0.0.2/cb", "http://127.0.0.2:8080/cb"),
        ("http://app.localhost/cb", "http://app.localhost:8080/cb"),
        ("https://app.example.com/cb", "https://app.example.com:443/cb"),
        ("app.immich:///oauth-callback", "app.immich:/oauth-callback"),
        ("app.immich:///oauth-callback", "App.Immich:///oauth-callback"),
        ("oc://android.opencloud.eu", "oc://android.opencloud.eu/"),
        ("https://app.example.com/cb", "https://app.example.com/cb/"),
    ],
)
def test_everything_else_is_compared_to_the_letter(known: str, uri: str) -> None:
    assert not is_any_port(known) or known == uri
    assert is_one_of(known, [known])
    assert not is_one_of(uri, [known])


def test_a_pattern_is_matched() -> None:
    registered = ["https://app.example.com/cb", r"regex:https://.*\.example\.org/cb"]
    assert is_one_of("https://any.example.org/cb", registered)
    assert not is_one_of("https://any.example.com/cb", registered)
    assert not is_one_of(registered[1], registered)


def test_nothing_is_one_of_none() -> None:
    assert not is_one_of("https://app.example.com/cb", [])
