"""The keys that sign, of this process and of all that share its store.

1. ``succession``: the keys of one algorithm, one after the other. The newest whose time has come
   signs; those before it are published until their last token has ended, those after it already.
2. ``successions``: those of all algorithms, put together of what the operator has given and what
   the store has.
3. ``known``: what a process is asked of them. Who signs for a client, and whose signature a token
   has.
4. ``ring``: the work behind. A first key for each algorithm that is in ``demand``, once across all
   processes; new ones in place of old ones; the end of those that nobody needs.

A client that signs by its secret (``HS256``) has no part in any of this: its secret is known to it
and to us, and never published.
"""

from snowflake.state.key_ring.known import KnownKeys
from snowflake.state.key_ring.ring import HEARD_WITHIN, KEY_FILE, KeyRing
from snowflake.state.key_ring.succession import ANNOUNCEMENT, Key, Part

__all__ = ["ANNOUNCEMENT", "HEARD_WITHIN", "KEY_FILE", "Key", "KeyRing", "KnownKeys", "Part"]
