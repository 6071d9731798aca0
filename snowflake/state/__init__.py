"""What a running Snowflake knows, made once at the start and passed to each endpoint.

- ``state.py``: all of it, and how it is made.
- ``key_ring.py``: the keys that sign and are published; how the first is made, and the next.
- ``logout.py``: how sessions end, and who is told.
- ``memberships.py``: who is in which guild, remembered for as long as Discord's limits demand;
  ``discord_cache.py``: how old an answer may be, and when it stands in for Discord.
- ``renewal.py``: a person's tokens at Discord, renewed by one at a time.
- ``limiter.py``, ``quota.py``, ``tries.py``, ``client_reputation.py``, ``invalid_answers.py``:
  what keeps strangers from guessing secrets, and from having our address banned.
"""

from snowflake.state.state import State as State
from snowflake.state.state import state_of as state_of
