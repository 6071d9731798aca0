"""How much is asked of Discord at once, and read of what it answers."""

from typing import Final

#: Bytes of an answer, unpacked. A list of 200 guilds with a kilobyte for each has a fifth of it.
MAX_ANSWER: Final = 1_000_000
#: Connections to Discord that a process has at most.
MAX_CONNECTIONS: Final = 100
#: Faults from which on it is not the answer with some odd fields, but another one.
MAX_FAULTS: Final = 1000
#: Digits of the longest integer that anything counts with. Longer ones Python would not even read.
MAX_DIGITS: Final = 20
