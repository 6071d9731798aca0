import os
import pickle
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn
from uvicorn.supervisors.multiprocess import SIGNALS

from snowflake.cli import supervising
from snowflake.cli.supervising import Supervisor, supervise
from snowflake.configuration import load_settings


@pytest.fixture(autouse=True)
def _signals_are_left_as_they_were() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    return tmp_path / "snowflake.toml"


@pytest.fixture
def supervisor(file: Path) -> Supervisor:
    return Supervisor(uvicorn.Config("", factory=True, log_config=None), [], load_settings())


@pytest.fixture
def signalled(monkeypatch: pytest.MonkeyPatch, supervisor: Supervisor) -> list[tuple[int, int]]:
    """Two workers, the second of which has ended. Answer the signals that they get."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *arguments: sent.append(arguments))
    for pid, alive in ((7, True), (8, False)):
        worker = SimpleNamespace(pid=pid, is_alive=lambda alive=alive: alive)
        supervisor.processes.append(SimpleNamespace(process=worker))  # type: ignore[arg-type]
    return sent


def allowed_in_a_new_worker(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> object:
    """Start the application as a new worker does: of what reaches it by a pipe."""
    made: list[object] = []
    monkeypatch.setattr("snowflake.web.app.create_app", lambda settings, **_: made.append(settings))
    monkeypatch.setattr("snowflake.web.app.configure_logs", lambda _: None)
    pickle.loads(pickle.dumps(supervisor.config.app))()  # noqa: S301 - our own
    [settings] = made
    return settings.allowed_clients  # type: ignore[attr-defined]


def test_workers_that_live_read_a_changed_file_and_new_ones_are_handed_it(
    supervisor: Supervisor,
    signalled: list[tuple[int, int]],
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file.write_text('allowed_clients = ["1"]')
    supervisor.handle_hup()
    assert signalled == [(7, signal.SIGHUP)]
    assert allowed_in_a_new_worker(supervisor, monkeypatch) == ("1",)


def test_while_the_file_is_faulty_nobody_reads_it_and_new_workers_start(
    supervisor: Supervisor,
    signalled: list[tuple[int, int]],
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file.write_text("nonsense")
    supervisor.handle_hup()
    assert signalled == []
    assert allowed_in_a_new_worker(supervisor, monkeypatch) == ("*",)


def test_a_socket_in_the_file_system_is_taken_away_at_the_end(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file.with_name("s")
    monkeypatch.setattr(supervising.Supervisor, "run", _close)
    supervise(load_settings(), {"uds": str(path), "workers": 2, "log_config": None})
    assert not path.exists()


def test_without_one_nothing_is_taken_away(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising.Supervisor, "run", _close)
    supervise(load_settings(), {"host": "127.0.0.1", "port": 0, "workers": 2, "log_config": None})


def _close(supervisor: Supervisor) -> None:
    for listener in supervisor.sockets:
        listener.close()
