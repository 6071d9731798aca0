"""The comparison with a commit, with next to nothing to measure."""

from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest
from typer.testing import CliRunner

from tests.benchmarks import __main__ as command
from tests.benchmarks import against
from tests.benchmarks.against import compare, in_blocks
from tests.benchmarks.effort import LITTLE
from tests.benchmarks.loads import LOADS
from tests.benchmarks.pairs import in_turns, row_of
from tests.benchmarks.processes import Server
from tests.benchmarks.report import Row
from tests.benchmarks.trees import CONSTRAINTS, ROOT, TODAY, NoTree, Tree, python_for, tree_of
from tests.serving import missing


@pytest.fixture
def twin() -> Tree:
    """Today's tree once more, as if it were another."""
    return replace(TODAY, name="1c5c21e")


def test_every_load_is_put_beside_that_of_another_tree(tmp_path: Path, twin: Tree) -> None:
    rows = {row.benchmark: row for row in compare(list(LOADS), twin, LITTLE, tmp_path)}
    measured = [f"{name}, {number} at once" for name in LOADS for number in (2, 1)]
    assert list(rows) == [row for name in measured for row in (name, f"{name}, control")]
    assert all(row.ratio for row in rows.values())
    assert "ms CPU, 1c5c21e (" in rows["logins, 1 at once"].beside
    assert "ms CPU, today's tree too (" in rows["logins, 1 at once, control"].beside


def test_all_servers_are_started_anew_after_some_rounds(
    tmp_path: Path, twin: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Server] = []

    def cost(server: Server, *_: object) -> float:
        asked.append(server)
        return 1.0

    monkeypatch.setattr(against, "serve", lambda *_, **__: nullcontext(Mock()))
    effort = replace(LITTLE, at_once=(1,), blocks=2, block_rounds=3)
    rounds = in_blocks({"sso": Mock(cost=cost)}, (TODAY, twin, TODAY), effort, tmp_path)
    # Three servers in each block, each asked in three rounds after one that does not count.
    assert list(Counter(asked).values()) == [4] * 6
    assert rounds == {("sso", 1): [(1.0, 1.0, 1.0)] * 6}


def test_a_start_is_put_beside_that_of_another_tree(tmp_path: Path, twin: Tree) -> None:
    rows = {row.benchmark: row for row in compare(["start"], twin, LITTLE, tmp_path)}
    measured = ("snowflake --version", "start, to the first answer", "memory, after start")
    assert list(rows) == [row for name in measured for row in (name, f"{name}, control")]
    assert "MiB" in rows["memory, after start"].snowflake


def test_who_begins_changes_with_each_round() -> None:
    turns: list[str] = []

    def measure(name: str) -> str:
        turns.append(name)
        return name

    rounds = in_turns([partial(measure, name) for name in "abc"], 4)
    assert "".join(turns) == "abc" + "abc" + "bca" + "cab" + "abc"
    assert rounds == [("a", "b", "c")] * 4


def test_a_comparison_tells_the_median_and_the_middle_half_of_the_ratios() -> None:
    row = row_of("logins", [(8, 10), (9, 10), (10, 10), (11, 10), (50, 10)], "1c5c21e", str)
    assert row.ratio == 1.0
    assert row.beside == "10, 1c5c21e (0.90 to 1.10 in 5 rounds)"


def test_a_commit_is_checked_out_for_as_long_as_it_is_measured(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        missing("the history")
    with tree_of("HEAD", tmp_path) as tree:
        assert (tree.source / "snowflake" / "__init__.py").exists()
        assert tree.source != TODAY.source
    assert not tree.source.exists()


def test_a_commit_with_other_packages_has_an_environment_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / CONSTRAINTS).write_bytes((ROOT / CONSTRAINTS).read_bytes())
    assert python_for(tmp_path, tmp_path) == TODAY.python
    (tmp_path / CONSTRAINTS).write_text("# nothing\n")
    python = python_for(tmp_path, tmp_path)
    assert replace(TODAY, python=python).environment == "an environment of its own"
    assert python.exists()


def test_an_unknown_commit_is_refused() -> None:
    result = CliRunner().invoke(command.app, ["--against", "no-such-commit"])
    assert result.exit_code == 2
    assert "Needed a single revision" in result.stderr


def test_a_commit_without_a_list_of_packages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoTree, match=r"the commit has no .ci/constraints-runtime.txt"):
        python_for(tmp_path, tmp_path)


def test_the_command_says_what_a_commit_ran_on(
    tmp_path: Path, twin: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "tree_of", lambda *_: nullcontext(twin))
    monkeypatch.setattr(command, "compare", lambda *_: [Row("logins", "9 ms", "10 ms", 0.9)])
    result = CliRunner().invoke(command.app, ["--against", "1c5c21e"])
    assert "1c5c21e ran in the same environment" in result.stdout
    assert "logins     9 ms       10 ms   0.90" in result.stdout
