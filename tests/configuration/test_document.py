import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from snowflake.configuration.document import Document, Keys
from snowflake.errors import StartFault

TEXT = '''# Comment
first = 1

list = [
  "a]",   # not the end
  "b",
]
text = """
[table]
first = 2
"""
[table]
inner.deep = 3
inline = { one = 1, two = { three = 3 } }

[[clients]]
id = "one"
[clients.groups]
shape = "id"
[[clients]]
id = "two"
groups.shape = "id"
"quoted key" = 5
[other]
[[clients]]
'''


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "snowflake.toml"


def read(path: Path, text: str) -> Document:
    path.write_bytes(text.encode())
    return Document.read(path)


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("first",), 2),
        (("list",), 4),
        (("list", 1), 4),
        (("text",), 8),
        (("table",), 12),
        (("table", "inner", "deep"), 13),
        (("table", "inline", "two", "three"), 14),
        (("clients",), 16),
        (("clients", 0), 16),
        (("clients", 0, "id"), 17),
        (("clients", 0, "groups"), 18),
        (("clients", 0, "groups", "shape"), 19),
        (("clients", 1), 20),
        (("clients", 1, "groups", "shape"), 22),
        (("clients", 1, "quoted key"), 23),
        (("other",), 24),
        (("clients", 2), 25),
        # Missing: where it should be.
        (("clients", 1, "redirect_uris"), 20),
        (("table", "missing"), 12),
        (("table", "missing", "deeper", 1), 12),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_value_is_told_at_the_line_on_which_it_begins(
    path: Path, keys: Keys, line: int, end: str
) -> None:
    document = read(path, TEXT.replace("\n", end))
    assert document.fault(keys, "is odd").startswith(f"{path}:{line}: ")


def test_what_is_nowhere_is_told_without_a_line(path: Path) -> None:
    assert read(path, TEXT).fault(("missing",), "is odd") == f"{path}: missing: is odd"


def test_a_client_is_named_by_its_id(path: Path) -> None:
    text = '[[clients]]\nid = "grafana"\n[[clients]]\nid = 5\n[[clients]]\nid = "a\\nb"\n'
    document = read(path, text)
    told = [document.fault(("clients", at, "name"), "is odd") for at in range(3)]
    assert told == [
        f"{path}:1: clients.grafana.name: is odd",
        f"{path}:3: clients.1.name: is odd",
        f"{path}:5: clients.'a\\nb'.name: is odd",
    ]


def test_a_long_list_is_passed_over_quickly(path: Path) -> None:
    # Were each of its lines tried as its end, this would take minutes.
    people = "".join(f'  "{at}",\n' for at in range(20_000))
    document = read(path, f"people = [\n{people}]\nlast = 1\n")
    assert document.fault(("last",), "is odd") == f"{path}:20003: last: is odd"


def test_many_faults_cost_no_more_than_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = range(150)
    table = '[[clients]]\nid = "c"\nredirect_uri = [\n  "https://a.example.com/[cb]",\n]\n\n'
    document = read(path, table * len(clients))
    parsed = 0

    def loads(text: str) -> Mapping[str, object]:
        nonlocal parsed
        parsed += len(text)
        return tomllib.loads(text)

    monkeypatch.setattr("snowflake.configuration.document.tomllib", SimpleNamespace(loads=loads))
    for at in clients:
        for key in ("redirect_uri", "redirect_uris"):
            document.fault(("clients", at, key), "is odd")
    assert parsed < 5 * len(document.text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = \n", 2),
        ("a = 1\na = 2\n", 2),
        ("a = 1\n\n[table\n", 3),
        ("a = [\n1,\n", 3),
        ('a = """\n\n', 3),
        ("secret hunter2\n", 1),
        ("a = hunter2\n", 1),
        ("a = 1\x00", 1),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(path: Path, text: str, line: int) -> None:
    with pytest.raises(StartFault) as fault:
        read(path, text)
    [told] = fault.value.faults
    assert told.startswith(f"{path}:{line}: is no TOML: ")
    assert "hunter2" not in told
    assert "(at" not in told


@pytest.mark.parametrize("text", [f"a = {'9' * 5000}", f"a = {'[' * 5000}"])
def test_what_is_too_much_for_the_parser_is_told_too(path: Path, text: str) -> None:
    with pytest.raises(StartFault, match="is no TOML"):
        read(path, text)


def test_a_byte_order_mark_is_passed_over(path: Path) -> None:
    assert read(path, "\ufeffa = 1").data == {"a": 1}


def test_a_file_that_is_no_text_is_told(path: Path) -> None:
    path.write_bytes(b"\xff")
    with pytest.raises(StartFault, match="is not UTF-8 text"):
        Document.read(path)


def test_a_file_that_is_not_there_is_told(path: Path) -> None:
    with pytest.raises(StartFault, match="cannot be read: no such file or directory"):
        Document.read(path)


def test_what_is_no_path_is_told() -> None:
    with pytest.raises(StartFault, match="cannot be read: that is no path"):
        Document.read(Path("a\0b"))
