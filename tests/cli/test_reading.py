"""How modules are read at the start of a process."""

import gc
import sys
from importlib import import_module

import pytest

from snowflake.cli.reading import ADORNMENTS, reading


@pytest.fixture(autouse=True)
def none_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ADORNMENTS]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("name", ADORNMENTS)
def test_adornments_cannot_be_had_meanwhile_but_later(name: str) -> None:
    with reading(), pytest.raises(ImportError):
        import_module(name)
    assert import_module(name).__name__ == name


@pytest.mark.parametrize("name", ADORNMENTS)
def test_what_was_there_before_stays_as_it_was(name: str) -> None:
    module = import_module(name)
    with reading():
        assert import_module(name) is module
    assert sys.modules[name] is module


def test_nothing_is_collected_meanwhile() -> None:
    with reading():
        collects = gc.isenabled()
    assert not collects
    assert gc.isenabled()


def test_all_is_as_before_after_an_error() -> None:
    with pytest.raises(ModuleNotFoundError), reading():
        import_module("no_such_module")
    assert gc.isenabled()
    assert not set(ADORNMENTS) & sys.modules.keys()
