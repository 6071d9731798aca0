"""Reading modules at the start of a process: quickly, and no more than is used."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: What libraries take along where it is installed, for output that nobody sees here: structlog for
#: tracebacks that print the values of variables, httpx for a command line of its own.
ADORNMENTS: Final = ("pygments", "rich")


@contextmanager
def reading() -> Iterator[None]:
    """Read, during the block, what a process is to run on until its end.

    The garbage collector rests meanwhile, and leaves alone ever after what was read: to look
    through all of it again and again is a fifth of a start. Adornments are passed over, as if they
    were not installed.
    """
    hidden = [name for name in ADORNMENTS if name not in sys.modules]
    # The language's own word for a module that cannot be had.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        for name in hidden:
            del sys.modules[name]
