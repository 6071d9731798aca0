"""Metrics at an address of their own."""

import multiprocessing
import os
import socket
import stat
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from snowflake.cli.showing_metrics import DIRECTORY, Workers, showing_metrics
from snowflake.errors import StartFault
from snowflake.settings.values import Address
from snowflake.telemetry.metrics import REQUESTS
from tests.serving import free_port


def shown(address: Address) -> str:
    url = f"http://{address.host}:{address.port}/metrics"
    response = httpx.get(url, trust_env=False)
    assert response.status_code == 200
    return response.text


@pytest.fixture
def address() -> Address:
    return Address("127.0.0.1", free_port())


def count(directory: Path, kind: str, worker: int, name: str, value: float) -> None:
    """Write what a worker has counted, as Prometheus' library does."""
    file = MmapedDict(str(directory / f"{kind}_{worker}.db"))  # type: ignore[no-untyped-call]
    key = mmap_key(name, name, [], [], "Something.")
    file.write_value(key, value, 0.0)  # type: ignore[no-untyped-call]
    file.close()  # type: ignore[no-untyped-call]


def test_what_this_process_counts_is_shown(address: Address) -> None:
    REQUESTS.labels("GET", "/shown", 200).inc()
    with showing_metrics(address, workers=False):
        told = shown(address)
    assert 'snowflake_requests_total{method="GET",route="/shown",status="200"} 1.0' in told
    assert "process_resident_memory_bytes" in told
    assert "_created" not in told
    with pytest.raises(httpx.ConnectError):
        shown(address)


def test_workers_count_into_a_directory_that_is_private_and_goes_away(address: Address) -> None:
    with showing_metrics(address, workers=True):
        directory = Path(os.environ[DIRECTORY])
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        count(directory, "counter", 1, "things_total", 2)
        count(directory, "counter", 2, "things_total", 3)
        assert "things_total 5.0" in shown(address)
    assert not directory.exists()
    assert DIRECTORY not in os.environ


def test_of_a_worker_that_has_ended_the_counts_stay_and_the_present_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multiprocessing, "active_children", lambda: [SimpleNamespace(pid=7)])
    for worker, value in ((7, 0), (8, 1)):
        count(tmp_path, "counter", worker, "things_total", 2)
        count(tmp_path, "gauge_livemax", worker, "down", value)
    registry = CollectorRegistry()
    registry.register(Workers(tmp_path))
    told = generate_latest(registry).decode()
    assert "\nthings_total 4.0" in told
    assert "\ndown 0.0" in told


@pytest.mark.parametrize("workers", [False, True])
def test_an_address_that_is_taken_is_told_in_one_line(address: Address, *, workers: bool) -> None:
    with (
        socket.create_server(address),
        pytest.raises(StartFault) as fault,
        showing_metrics(address, workers=workers),
    ):
        pass
    [line] = fault.value.faults
    assert line.startswith(f"SNOWFLAKE_METRICS: cannot listen on 127.0.0.1, port {address.port}: ")
    assert DIRECTORY not in os.environ
