"""How much is asked of Discord at once, and read of what it answers."""

from typing import Final

#: Bytes of an answer, unpacked. A list of 200 guilds with a kilobyte for each has a fifth of it.
MAX_ANSWER: Final = 1_000_000
#: Connections to Discord that a process has at most.
MAX_CONNECTIONS: Final = 100
