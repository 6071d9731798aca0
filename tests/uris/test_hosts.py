import pytest

from snowflake.uris.hosts import HostPatterns, check_pattern, is_loopback, normalise, origin_of


@pytest.mark.parametrize(
    ("host", "normal"),
    [
        ("Snowflake.Example.COM", "snowflake.example.com"),
        ("snowflake.example.com.", "snowflake.example.com"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("", ""),
    ],
)
def test_a_host_has_one_spelling(host: str, normal: str) -> None:
    assert normalise(host) == normal


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"]
)
def test_the_machine_itself_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "localhost.example.com",
        "notlocalhost",
        "10.0.0.1",
        "::",
        "127.0.0.1.evil.com",
        "",
        "[::2]",
        "2130706433",
    ],
)
def test_nothing_else_is_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("pattern", "checked"),
    [
        ("Example.com", "example.com"),
        ("*.example.com", "*.example.com"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("my_host", "my_host"),
        ("localhost", "localhost"),
    ],
)
def test_names_addresses_and_wildcards_are_patterns(pattern: str, checked: str) -> None:
    assert check_pattern(pattern) == checked


@pytest.mark.parametrize(
    "pattern",
    [
        "https://example.com",
        "example.com:8000",
        "example.com/path",
        "*",
        "*.",
        "*example.com",
        "a.*.example.com",
        "*.*.com",
        "exa mple.com",
        "-a.com",
        "a..com",
        "",
        "bücher.example",
        "a" * 64 + ".com",
        "a\n",
    ],
)
def test_anything_else_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match="takes host names"):
        check_pattern(pattern)


@pytest.mark.parametrize(
    ("patterns", "host", "matches"),
    [
        (["example.com"], "EXAMPLE.com.", True),
        (["example.com"], "sub.example.com", False),
        (["*.example.com"], "sub.example.com", True),
        (["*.example.com"], "a.b.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "notexample.com", False),
        (["*.example.com"], "evil.com", False),
        (["::1"], "[0::1]", True),
        (["192.0.2.1"], "192.0.2.1", True),
        (["*"], "anything.at.all", True),
        ([], "example.com", False),
    ],
)
def test_a_list_matches_what_it_names(patterns: list[str], host: str, *, matches: bool) -> None:
    assert HostPatterns.of(patterns).match(host) is matches


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://a.example/y?z", True),
        ("https://a.example:443/", "https://a.example/", True),
        ("http://localhost:80/", "http://localhost/", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://b.example", False),
        ("https://a.example", "https://a.example:8443", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, *, same: bool) -> None:
    assert (origin_of(one) == origin_of(other)) is same
