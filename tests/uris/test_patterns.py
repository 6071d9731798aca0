import re
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snowflake.uris.patterns import UriPattern

WILD = r"https://.*\.example\.com/cb"


@pytest.mark.parametrize(
    ("pattern", "uri"),
    [
        (WILD, "https://a.example.com/cb"),
        (WILD, "https://a.b.Example.com/cb"),
        (rf"^{WILD}$", "https://a.example.com/cb"),
        (r"https:\/\/app\.example\.com\/cb", "https://app.example.com/cb"),
        (r"https://[^/]+\.example\.com/.*", "https://x.example.com/any/path?x=1"),
        (r"https://(app|www)\.example\.com/cb", "https://www.example.com/cb"),
        (r"https://a|b\.example\.com/cb", "https://b.example.com/cb"),
        (r"https://pr-\d+\.example\.com/cb|/other", "https://pr-5.example.com/other"),
        (r"https://app\.example\.com:8443/cb", "https://app.example.com:8443/cb"),
        (r"https://app\.example\.com(:\d+)?/cb", "https://app.example.com/cb"),
        (r"https://app\.example\.com(?::[0-9]{4,5})?/cb", "https://app.example.com:8443/cb"),
        (r"http://localhost:\d+/cb", "http://localhost:49152/cb"),
        (r"http://127\.0\.0\.1:[0-9]+/cb", "http://127.0.0.1:49152/cb"),
        (r"https://app\.example\.com", "https://app.example.com"),
    ],
)
def test_a_uri_that_the_pattern_means_matches(pattern: str, uri: str) -> None:
    assert UriPattern.parse(pattern).matches(uri)


@pytest.mark.parametrize(
    ("pattern", "uri"),
    [
        (WILD, "https://evil.example/.example.com/cb"),
        (WILD, "https://evil.example?.example.com/cb"),
        (WILD, "https://evil.example#.example.com/cb"),
        (WILD, "https://evil.example\\.example.com/cb"),
        (WILD, "https://evil.example%2f.example.com/cb"),
        (WILD, "https://me@a.example.com/cb"),
        (WILD, "https://a.example.com@evil.example/cb"),
        (WILD, "https://a.example.com.evil.example/cb"),
        (WILD, "https://aexample.com/cb"),
        (WILD, "https://example.com/cb"),
        (WILD, "http://a.example.com/cb"),
        (WILD, "HTTPS://a.example.com/cb"),
        (WILD, "https://a.example.com/cb/more"),
        (WILD, "https://a.example.com/cb\n"),
        (WILD, "x https://a.example.com/cb"),
        (WILD, "https://[::1"),
        (r"https://a|b\.example\.com/cb", "https://a/cb"),
        (r"https://app\.example\.com/a|.*", "https://evil.example/"),
        (r"https://app\.example\.com", "https://app.example.com/"),
    ],
)
def test_no_other_uri_matches(pattern: str, uri: str) -> None:
    assert not UriPattern.parse(pattern).matches(uri)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (".*", "must begin with https://"),
        (r".*\.example\.com/cb", "must begin with https://"),
        (r"https?://app\.example\.com/cb", "must begin with https://"),
        (r"ftp://app\.example\.com/cb", "must begin with https://"),
        ("https:///cb", "must begin with https://"),
        ("https://.*", "must write out the end of the host"),
        ("https://.*/cb", "must write out the end of the host"),
        ("https://app.example.com/cb", "must write out the end of the host"),
        (r"https://app\.example\..*/cb", "must write out the end of the host"),
        (r"https://.*\.com/cb", "must write out the end of the host"),
        (r"https://.*example\.com/cb", "must write out the end of the host"),
        (r"https://me@example\.com/cb", "must write out the end of the host"),
        (r"https://(a\.example\.com/|.*)", "is no regular expression of RE2: missing )"),
        (r"https://a)(b\.example\.com/cb", "is no regular expression"),
        (r"https://(a\.example\.com/cb", "is no regular expression"),
        (r"https://app\.example\.com/(cb", "is no regular expression of RE2: missing )"),
        # It quotes all that follows, the end of the host too.
        (r"https://\Qa\.example\.com/cb", "is no regular expression of RE2: missing )"),
        (r"https://app\.example\.com/a{1001}", "invalid repetition size: {1001}"),
        (r"https://app\.example\.com/(?:(?:.*a){30}|(?:.*b){30}){30}", "pattern too large"),
        ("https://app\\.example\\.com/caf\u00e9", "may hold ASCII alone"),
        ("https://app\\.example\\.com/\ud800", "may hold ASCII alone"),
    ],
)
def test_a_pattern_that_could_lead_elsewhere_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        UriPattern.parse(pattern)


@pytest.mark.parametrize(
    ("pattern", "uri"),
    [
        (r"https://([a-z]+-?)+\.example\.com/cb", f"https://{'a' * 200}_.example.com/cb"),
        (r"https://(?:[a-z]+)*x\.example\.com/cb", f"https://{'a' * 200}.example.com/cb"),
        (r"https://app\.example\.com/(a|a)*x", f"https://app.example.com/{'a' * 2000}"),
        (r"https://app\.example\.com/([a-z]+/?)*cb", f"https://app.example.com/{'a' * 2000}"),
        (r"https://app\.example\.com/(.*a){12}x", f"https://app.example.com/{'a' * 2000}"),
    ],
)
def test_no_text_keeps_a_pattern_busy(pattern: str, uri: str) -> None:
    # Python's own search would not come to an end in the lifetime of who waits.
    assert not UriPattern.parse(pattern).matches(uri)


@pytest.mark.parametrize("group", ["(?!a)", "(?<=a)", "(a)\\1", "(?#a)", "(a)?(?(1)b|c)", "(?>a)"])
def test_what_takes_more_than_one_pass_is_refused(group: str) -> None:
    with pytest.raises(ValueError, match="is no regular expression of RE2: "):
        UriPattern.parse(rf"https://app\.example\.com/{group}")


def test_whoever_wrote_a_pattern_is_told_and_nobody_else(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="missing"):
        UriPattern.parse(r"https://app\.example\.com/(unheard")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("pattern", "uri"),
    [
        (r"https://(?:[a-z]+-)?app\.example\.com/cb", "https://my-app.example.com/cb"),
        (r"https://([a-z]{3}-){2}a\.example\.com/cb", "https://abc-def-a.example.com/cb"),
        (r"https://(?:[a-z]+-?)+\.example\.com/cb", "https://pr-five-app.example.com/cb"),
        (r"https://.*-.*-.*\.example\.com/cb", "https://a-b-c.example.com/cb"),
        (r"https://(?i:A)pp\.example\.com/(?P<name>a)", "https://app.example.com/a"),
        (r"https://app\.example\.com/[])+*]{}(a{x)?", "https://app.example.com/+{}a{x"),
    ],
)
def test_whatever_is_done_in_one_pass_may_be_written(pattern: str, uri: str) -> None:
    assert UriPattern.parse(pattern).matches(uri)


@pytest.mark.parametrize("uri", ["https://a.example.com/c\u0431", "https://a.example.com/\ud800"])
def test_what_is_no_uri_matches_nothing(uri: str) -> None:
    assert not UriPattern.parse(r"https://.*\.example\.com/.*").matches(uri)


def test_no_host_is_longer_than_hosts_are() -> None:
    pattern = UriPattern.parse(r"https://.*\.example\.com(:\d+)?/cb")
    longest = f"https://{'a.' * 121}example.com"
    assert len(longest) - len("https://") == 253
    assert pattern.matches(f"{longest}:65535/cb")
    assert not pattern.matches(f"https://aa{longest.removeprefix('https://')}:65535/cb")


def test_the_end_of_the_host_is_told() -> None:
    assert UriPattern.parse(WILD).name == "example.com"
    assert UriPattern.parse(r"http://127\.0\.0\.1:\d+/").name == "127.0.0.1"


_pieces = st.sampled_from(
    [
        "https://",
        ".*",
        r"\.",
        "example",
        "com",
        "/",
        "|",
        "(",
        ")",
        "?",
        "[^/]",
        "+",
        "@",
        "\\",
        ":",
    ]
)


@given(st.lists(_pieces, max_size=9).map("".join), st.lists(_pieces, max_size=9).map("".join))
@example(r"a|.*|b", "evil.net/")
@example(r"\Qa", r"\Qa")
@example("(?U).*?", "(?i)x")
def test_whatever_matches_is_below_the_end_that_was_written_out(below: str, rest: str) -> None:
    try:
        pattern = UriPattern.parse(rf"https://{below}\.example\.com/{rest}")
    except ValueError:
        return
    for host in ("evil.net", "evil.net/.example.com", "evil.net?.example.com", "a.example.com"):
        for path in ("/", "", f"/{rest}", "/.example.com/"):
            uri = f"https://{host}{path}"
            if pattern.matches(uri):
                assert (urlsplit(uri).hostname or "").endswith(f"{pattern.name}")
