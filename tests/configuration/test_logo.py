from pathlib import Path

import pytest

from snowflake.configuration import load_settings
from snowflake.errors import StartFault
from snowflake.settings.tables.pages import MAX_LOGO, picture

SVG = b"<svg ></svg>"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "snowflake.toml"
    monkeypatch.setenv("SNOWFLAKE_CONFIG", str(path))
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    return path


def fault_of(file: Path, logo: str) -> str:
    file.write_text(f"\n[pages]\nlogo = {logo}\n", "utf-8")
    with pytest.raises(StartFault) as raised:
        load_settings()
    [fault] = raised.value.faults
    return fault.removeprefix(f"{file}:3: pages.logo: ")


def test_a_file_beside_the_document_is_part_of_every_page(file: Path) -> None:
    (file.parent / "owl.svg").write_bytes(SVG)
    file.write_text('[pages]\nname = "Birds"\nlogo = "owl.svg"\n', "utf-8")
    pages = load_settings().pages
    assert (pages.name, pages.logo) == ("Birds", picture(SVG))


def test_a_url_stays_one(file: Path) -> None:
    file.write_text('[pages]\nlogo = "https://example.com/owl.png"\n', "utf-8")
    assert load_settings().pages.logo == "https://example.com/owl.png"


def test_what_is_no_picture_stops_the_start(file: Path) -> None:
    place = file.parent / "owl.png"
    assert fault_of(file, '"owl.png"').startswith(f"cannot read {place}: ")
    place.write_text("an owl", "utf-8")
    assert fault_of(file, '"owl.png"') == "must be a PNG, JPEG, GIF, WebP or SVG picture"
    place.write_bytes(b"\xff\xd8\xff" + bytes(MAX_LOGO))
    assert fault_of(file, '"owl.png"').startswith("must have at most 65536 bytes")
    assert fault_of(file, '"http://example.com/owl.png"').startswith("must begin with https://")
    assert fault_of(file, "7") == "must be text in quotes"


def test_a_table_that_is_none_is_told_as_such(file: Path) -> None:
    file.write_text('pages = "nice"\n', "utf-8")
    with pytest.raises(StartFault, match="pages: must be a table"):
        load_settings()
