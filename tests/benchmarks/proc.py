"""What processes have used, as Linux tells it below ``/proc`` (``man 5 proc``)."""

import os
from pathlib import Path


def family(pid: int) -> list[int]:
    """Answer a process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(one for child in children for one in family(int(child)))]


def cpu_seconds(pid: int) -> float:
    """Answer the CPU time of a process with its descendants, of all their threads, in seconds.

    It is the scheduler's own sum, in nanoseconds. Threads that have ended are not in it.
    """
    threads = [Path(f"/proc/{one}/task") for one in family(pid)]
    return sum(_on_cpu(thread) for task in threads for thread in task.iterdir()) / 1e9


def resident(pid: int) -> int:
    """Answer the resident size of one process in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def cpu_model() -> str:
    """Answer what the CPU calls itself."""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return "unknown CPU"


def _on_cpu(thread: Path) -> int:
    try:
        return int((thread / "schedstat").read_text("ascii").split()[0])
    except FileNotFoundError:
        # It has ended since it was listed.
        return 0
