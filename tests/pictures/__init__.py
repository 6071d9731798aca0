"""The pictures of README and guides, made anew by ``python -m tests.pictures``."""

from pathlib import Path
from typing import Final

PICTURES: Final = Path(__file__).parents[2] / ".github" / "pictures"
#: Bytes of one, so that a page with some of them is read on a telephone.
MAX_PICTURE: Final = 60_000
