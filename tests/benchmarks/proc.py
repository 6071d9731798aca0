"""What processes have used, as Linux tells it below ``/proc`` (``man 5 proc``) and by clocks."""

import ctypes
import os
import time
from pathlib import Path

_LIBC = ctypes.CDLL(None)


def family(pid: int) -> list[int]:
    """Answer a process and all that descend from it."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    children = [child for thread in threads for child in _children(thread)]
    return [pid, *(one for child in children for one in family(child))]


def cpu_seconds(pid: int) -> float:
    """Answer the CPU time of a process with its descendants, of all their threads, in seconds.

    Threads that have ended are in it, processes that have ended are not.
    """
    return sum(time.clock_gettime(_cpu_clock(one)) for one in family(pid))


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


def _children(thread: Path) -> list[int]:
    try:
        return [int(child) for child in (thread / "children").read_text("ascii").split()]
    except FileNotFoundError:
        # It has ended since it was listed; whoever is left of its children is another thread's.
        return []


def _cpu_clock(pid: int) -> int:
    """Answer the clock of a process (``man 3 clock_getcpuclockid``), which Python does not know."""
    clock = ctypes.c_int()
    error = _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error), str(pid))
    return clock.value
