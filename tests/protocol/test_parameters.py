import asyncio
from collections import Counter
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from snowflake.errors import InvalidRequest, RequestTimeout, TooLarge
from snowflake.protocol.bounds import MAX_BODY, MAX_FORM, MAX_PARAMETERS, MAX_QUERY
from snowflake.protocol.parameters import (
    FORM,
    Parameters,
    form,
    query,
)
from tests.raw import Pairs, send_raw
from tests.running import Snowflake


def query_parameters(content: bytes) -> Parameters:
    return query(Request({"type": "http", "query_string": content, "headers": []}))


@given(
    st.dictionaries(
        st.text(min_size=1), st.text(st.characters(exclude_categories=["C"]), min_size=1)
    )
)
def test_what_was_sent_is_read(sent: dict[str, str]) -> None:
    params = query_parameters(urlencode(sent).encode())
    assert {name: params[name] for name in params} == sent
    assert len(params) == len(sent)


@given(st.text("ab=&+%C3A9;é ", max_size=30))
def test_fields_are_read_as_the_standard_library_reads_them(text: str) -> None:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(InvalidRequest):
            query_parameters(text.encode())
        return
    params = query_parameters(text.encode())
    assert params._values == dict(pairs)
    times = Counter(name for name, _ in pairs)
    assert params._repeated == {name for name in times if times[name] > 1}


def test_a_default_takes_the_place_of_what_was_not_sent() -> None:
    params = query_parameters(b"a=1&b=")
    assert [params.get(name, "default") for name in "abc"] == ["1", "default", "default"]


def test_an_empty_value_counts_as_not_sent() -> None:
    params = query_parameters(b"a=&b")
    assert params.get("a") is None
    assert params.get("b") is None
    with pytest.raises(InvalidRequest, match="a is missing"):
        params.require("a", 10)


@pytest.mark.parametrize("content", [b"a=1&a=2", b"a=1&a=1", b"a=1&a=", b"a=&a=1", b"a=1&%61=2"])
def test_what_was_sent_twice_is_refused_when_it_is_read(content: bytes) -> None:
    params = query_parameters(content + b"&b=1")
    assert params["b"] == "1"
    with pytest.raises(InvalidRequest, match="a was sent more than once"):
        params.get("a")


@pytest.mark.parametrize("control", [*range(0x20), 0x7F])
def test_control_characters_are_refused_when_they_are_read(control: int) -> None:
    params = query_parameters(b"a=x%%%02Xy&b=1" % control)
    assert params["b"] == "1"
    with pytest.raises(InvalidRequest, match="a holds control characters"):
        params.get("a")


@pytest.mark.parametrize("content", [b"a=%FF", b"a=\xff", b"%FF=a", b"a=%C3%28", b"a=%ED%A0%80"])
def test_what_is_not_utf_8_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        query_parameters(content)


def test_the_longest_value_is_read_and_a_longer_one_is_not() -> None:
    params = query_parameters(b"a=12345")
    assert params.at_most("a", 5) == "12345"
    with pytest.raises(InvalidRequest, match="a is longer than 4 characters"):
        params.require("a", 4)


def test_there_is_a_limit_to_size_and_number() -> None:
    many = query_parameters(b"&".join(b"a%d=1" % n for n in range(MAX_PARAMETERS)))
    assert len(many) == MAX_PARAMETERS
    with pytest.raises(InvalidRequest, match="more than 100 parameters"):
        query_parameters(b"&".join(b"a%d=1" % n for n in range(MAX_PARAMETERS + 1)))
    assert len(query_parameters(b"a=" + b"x" * (MAX_QUERY - 2))["a"]) == MAX_QUERY - 2
    with pytest.raises(TooLarge):
        query_parameters(b"a=" + b"x" * (MAX_QUERY - 1))


def test_a_query_string_may_be_all_escapes_up_to_the_size_of_a_form_and_no_further() -> None:
    escapes = MAX_BODY // 3
    assert query_parameters(b"a=" + b"%41" * escapes)["a"] == "A" * escapes
    with pytest.raises(TooLarge, match="escapes"):
        query_parameters(b"a=" + b"%41" * (escapes + 1))


@given(st.binary(max_size=80))
def test_no_bytes_make_it_stumble(content: bytes) -> None:
    try:
        params = query_parameters(content)
        for name in params:
            params.get(name)
    except InvalidRequest as error:
        assert error.description.isascii()  # noqa: PT017


# Each endpoint with one parameter that it reads, in the query string or the form.
READ = [
    ("GET", "/authorize", "client_id"),
    ("GET", "/r/https://app.example.com/", "state"),
    ("GET", "/.well-known/webfinger", "resource"),
    ("POST", "/authorize", "client_id"),
    ("POST", "/token", "client_id"),
    ("POST", "/userinfo", "access_token"),
]
BAD = {
    "repeated": (b"%s=1&%s=1", 400),
    "a NUL": (b"%s=a%%00b&x=%s", 400),
    "a raw NUL": (b"%s=a\x00b&x=%s", 400),
    "not UTF-8": (b"%s=%%FF&x=%s", 400),
    "raw bytes": (b"%s=\xff\xfe&x=%s", 400),
    "huge": (b"%s=" + b"x" * MAX_FORM + b"&x=%s", 413),
    "many": (b"%s=1&" + b"x=1&" * MAX_PARAMETERS + b"%s", 400),
}


@pytest.mark.parametrize(("method", "path", "name"), READ)
@pytest.mark.parametrize("bad", BAD)
async def test_every_endpoint_refuses_what_cannot_be_read(
    snowflake: Snowflake, method: str, path: str, name: str, bad: str
) -> None:
    template, status = BAD[bad]
    content = template % (name.encode(), name.encode())
    if method == "GET":
        response = await send_raw(snowflake.app, path, content)
    else:
        headers = [(b"content-type", FORM.encode())]
        response = await send_raw(snowflake.app, path, method="POST", headers=headers, body=content)
    assert response.status == status
    assert response.headers.get("location") is None


@pytest.mark.parametrize("path", ["/authorize", "/token"])
async def test_a_form_may_name_its_charset(snowflake: Snowflake, path: str) -> None:
    headers = [(b"content-type", b"Application/X-WWW-Form-URLencoded; charset=UTF-8")]
    response = await send_raw(snowflake.app, path, method="POST", headers=headers, body=b"a=b")
    assert b"the body must be" not in response.body


@pytest.mark.parametrize("path", ["/authorize", "/token", "/revoke", "/introspect", "/logout"])
@pytest.mark.parametrize(
    ("headers", "body", "taken"),
    [
        ([], b"", True),
        ([(b"content-length", b"0")], b"", True),
        ([(b"content-type", b"")], b"", True),
        ([], b"grant_type=x", False),
        ([(b"content-type", b"application/json")], b"", False),
    ],
)
async def test_whoever_has_nothing_to_send_need_not_say_in_which_form(
    snowflake: Snowflake, *, path: str, headers: Pairs, body: bytes, taken: bool
) -> None:
    """Such as Python's libraries, with HTTP Basic and no parameters."""
    response = await send_raw(snowflake.app, path, method="POST", headers=headers, body=body)
    assert response.status < 500
    assert (b"the body must be a form" not in response.body) is taken


async def test_a_body_that_ends_early_is_nobodys_error(snowflake: Snowflake) -> None:
    # The client is gone: there is nobody to answer, and nothing for the log but its status.
    received = iter([{"type": "http.request", "body": b"a", "more_body": True}])
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return next(received, {"type": "http.disconnect"})

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "https",
        "path": "/token",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", FORM.encode())],
    }
    await snowflake.app(scope, receive, send)
    assert sent == []


async def test_a_body_that_does_not_arrive_is_a_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("snowflake.protocol.parameters.PATIENCE", 0.01)

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError

    headers = [(b"content-type", FORM.encode()), (b"content-length", b"10")]
    scope = {"type": "http", "method": "POST", "headers": headers, "query_string": b""}
    with pytest.raises(RequestTimeout):
        await form(Request(scope, receive))
