"""What is said of a file that is no TOML, beside what the parser says."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from snowflake.configuration.document import Document
from snowflake.errors import StartFault

Hint = Callable[[str], str]
QUOTES = "text stands in quotes"


@pytest.fixture
def hint(tmp_path: Path) -> Hint:
    """Answer what is added to the parser's words; nothing if nothing is."""
    path = tmp_path / "snowflake.toml"

    def hint_of(text: str) -> str:
        path.write_text(text, "utf-8")
        with pytest.raises(tomllib.TOMLDecodeError):
            tomllib.loads(text)
        with pytest.raises(StartFault) as fault:
            Document.read(path)
        [line] = fault.value.faults
        assert "hunter2" not in line
        return line.partition(": is no TOML: ")[2].partition("; ")[2]

    return hint_of


@pytest.mark.parametrize(
    "line",
    [
        "issuer = https://hunter2.example.com",
        "shape = name # hunter2",
        "token_lifetime = 30d",
        "token_lifetime=1h30m",
        "metrics = 127.0.0.1:9100",
        "allowed_hosts = [snowflake.example.com]",
        'allowed_hosts = ["a.example", b.example]',
        'allowed_hosts = [\n  "a.example",\n  b.example,\n]',
        "discord_client_id = 1056005449054429204x",
        'value = contains(groups, "members")',
    ],
)
def test_text_without_quotes_is_told(line: str, hint: Hint) -> None:
    assert hint(line) == QUOTES
    assert hint(f"enable_docs = true\n\n{line}\nfix_redirect_uris = true\n") == QUOTES


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("issuer = \u201chttps://x.example\u201d", "quotes have to be straight ones"),
        ("issuer = \u2018x\u2019", "quotes have to be straight ones"),
        ("issuer = `x`", "quotes have to be straight ones"),
        ("enable_docs = True", "it is true or false, in lower case"),
        ("enable_docs = yes # hunter2", "it is true or false, in lower case"),
        (r'secret_key_file = "C:\keys\hunter2"', "in single quotes a backslash is left alone"),
        (r'secret_key_file = "C:\Updates\hunter2"', "in single quotes a backslash is left alone"),
        ('issuer = "hunter2', "text has a quote at both ends"),
        ("issuer = 'hunter2", "text has a quote at both ends"),
        ('issuer = hunter2"', "text has a quote at both ends"),
    ],
)
def test_other_slips_are_too(line: str, expected: str, hint: Hint) -> None:
    assert hint(line) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[clients.access]\n[[clients]]\n",
            "[clients.access] in line 1 has to stand below the [[clients]] that it is for",
        ),
        (
            '[groups]\n[ clients.groups ]\nshape = "id"\n\n[[clients]]\n',
            "[clients.groups] in line 2 has to stand below the [[clients]] that it is for",
        ),
        ("\n[clients]\nid = 1\n[[clients]]\n", "line 2 has to be [[clients]] too"),
        ("[access]\n[groups]\n[access]\n", "it stands in line 1 already"),
    ],
)
def test_tables_in_the_wrong_order_are_told_with_their_lines(
    text: str, expected: str, hint: Hint
) -> None:
    assert hint(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "issuer",
        'issuer: "x"',
        "issuer = ",
        "issuer = # nothing",
        "avatar_size = .5",
        "a = 1\na = 2",
        "a = 1\n[[a]]",
        "a = [1,\n[access]\n",
        "names = { one = 1, two }",
        "é = 1",
    ],
)
def test_where_nothing_can_be_said_nothing_is(text: str, hint: Hint) -> None:
    assert hint(text) == ""
