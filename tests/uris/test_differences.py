import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.uris.differences import MAX_SHOWN, nearest, shown

KNOWN = "https://app.example.com/source/cb"


@pytest.mark.parametrize(
    ("came", "differs"),
    [
        (f"{KNOWN}/", "a slash at the end"),
        ("http://app.example.com/source/cb", "http instead of https"),
        ("http://app.example.com/source/cb/", "http instead of https, a slash at the end"),
        ("https://app.example.com:8443/source/cb", "a port"),
        ("https://app.example.org/source/cb", "another host"),
        ("https://App.example.com/source/cb", "capital letters in the host"),
        ("https://app.example.com/Source/cb", "other capital letters in the path"),
        ("https://app.example.com//source/cb", "another number of slashes in the path"),
        (
            "https://app.example.com/sourc%65/cb",
            "a path that is percent-encoded in another way",
        ),
        ("https://app.example.com/other", "another path"),
        (f"{KNOWN}?code=secret", "a query"),
        (f"{KNOWN}#x", "a fragment"),
        ("https://me:secret@app.example.com/source/cb", "a user name before the host"),
        (f" {KNOWN}", "a space around it"),
        (f"https://snowflake.example.com/r/{KNOWN}", "another address in front of it"),
        ("app.example.com/source/cb", "no scheme instead of https, no host, another path"),
        ("https:/app.example.com/source/cb", "no host, another path"),
        ("\u2603://app.example.com/source/cb", "no scheme instead of https"),
    ],
)
def test_what_came_is_told_from_what_is_registered(came: str, differs: str) -> None:
    found = nearest(came, [KNOWN])
    assert found is not None
    assert (found.uri, found.differs) == (KNOWN, differs)


@pytest.mark.parametrize(
    ("known", "came", "differs"),
    [
        (f"{KNOWN}/", KNOWN, "no slash at the end"),
        ("https://app.example.com:8443/cb", "https://app.example.com/cb", "no port"),
        ("https://app.example.com:8443/cb", "https://app.example.com:443/cb", "another port"),
        ("https://app.example.com/cb?a=b", "https://app.example.com/cb", "no query"),
        ("https://app.example.com/cb?a=b", "https://app.example.com/cb?b=a", "another query"),
        ("http://127.0.0.1/cb", "http://localhost:5000/cb", "localhost instead of 127.0.0.1"),
        ("http://[::1]:80/cb", "http://127.0.0.1/cb", "127.0.0.1 instead of [::1]"),
        ("http://localhost:80/cb", "http://localhost:5000/cb/", "a slash at the end"),
        (
            "app.immich:///cb",
            "app.immich:/cb",
            "another number of slashes after the scheme",
        ),
        ("app.immich:///cb", "app.immich://cb", "a host, another path"),
        ("oc://android.opencloud.eu", "oc://android.opencloud.eu/", "a slash at the end"),
    ],
)
def test_the_other_way_round_and_elsewhere(known: str, came: str, differs: str) -> None:
    found = nearest(came, [known])
    assert found is not None
    assert found.differs == differs


def test_the_nearest_is_the_one_with_the_least_that_differs() -> None:
    registered = ["https://other.example.com/a", "https://app.example.com/b", KNOWN]
    for came in (f"{KNOWN}/", "http://app.example.com/source/cb", f"{KNOWN}?x"):
        found = nearest(came, registered)
        assert found is not None
        assert found.uri == KNOWN


def test_among_equals_it_is_the_one_that_begins_alike() -> None:
    found = nearest("https://app.example.net/", ["https://x.example.com/", "https://app.example/"])
    assert found is not None
    assert found.uri == "https://app.example/"


def test_where_none_is_registered_none_is_near() -> None:
    assert nearest(KNOWN, []) is None


PATTERN = r"regex:https://.*\.example\.com/cb"


@pytest.mark.parametrize(
    ("came", "differs"),
    [
        ("http://a.example.com/cb", "http instead of https"),
        ("https://a.example.org/cb", "a host that the pattern does not match"),
        ("https://a.example.com/cb/", "a path that the pattern does not match"),
        ("https://a.example.com/\u2603", "a path that the pattern does not match"),
        ("https://a.example.com/cb?x", "a path that the pattern does not match"),
        ("https://me@a.example.com/cb", "a user name before the host"),
        ("https://a.example.com/cb#x", "a fragment"),
    ],
)
def test_a_pattern_is_shown_as_it_stands_in_the_file(came: str, differs: str) -> None:
    found = nearest(came, [PATTERN])
    assert found is not None
    assert (found.uri, found.differs) == (PATTERN, differs)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://app.example.com:8443/cb?code=secret#token", "https://app.example.com:8443/cb"),
        ("https://me:secret@app.example.com/cb", "https://app.example.com/cb"),
        ("http://[::1]:80/cb", "http://[::1]:80/cb"),
        ("app.immich:///oauth-callback?x", "app.immich:///oauth-callback"),
        ("com.example.app:/cb", "com.example.app:/cb"),
        ("oc://android.opencloud.eu", "oc://android.opencloud.eu"),
        ("/cb", "/cb"),
        ("me:secret@app.example.com/cb", "app.example.com/cb"),
        (
            "https://a.example/r/https://me:x@b.example/cb",
            "https://a.example/r/https://b.example/cb",
        ),
        (
            "https://a.example/r/https%3A%2F%2Fb.example%2Fcb%3fcode%3Dsecret",
            "https://a.example/r/https%3A%2F%2Fb.example%2Fcb",
        ),
        (
            "https://a.example/r/https%253A%252F%252Fb.example%253Fcode",
            "https://a.example/r/https%253A%252F%252Fb.example",
        ),
        (
            "https://a.example/r/https%3A%2F%2Fme%3Ax%40b.example%2F",
            "https://a.example/r/b.example%2F",
        ),
        ("https://a.example/r/me%253ax%2540b.example/cb", "https://a.example/r/b.example/cb"),
        ("https://app.example.com/@me/cb", "https://app.example.com/@me/cb"),
        ("", ""),
        ("https://app.example.com/\r\n\x1b[31m\u2603", "https://app.example.com/???[31m?"),
    ],
)
def test_no_query_and_no_name_is_shown(uri: str, expected: str) -> None:
    assert shown(uri) == expected


@given(st.text() | st.text("htps:/\\@.#?[]%0a\t r*", max_size=40))
def test_whatever_comes_is_taken_apart_and_shown_as_one_line(came: str) -> None:
    text = shown(came)
    assert text.isascii()
    assert text.isprintable()
    assert len(text) <= MAX_SHOWN
    assert not set(text) & set(" ?#") or "?" in text
    for known in (KNOWN, PATTERN, "http://localhost/cb", "app.immich:///cb"):
        found = nearest(came, [known])
        assert found is not None
        assert found.differs
