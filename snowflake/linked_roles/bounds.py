"""How long, large and old things may be that linked roles take from others and give to Discord.

Those of ``[linked_roles]`` stand beside its tables, in ``settings``.
"""

from typing import Final

#: Characters of the code that the upstream provider sends people back with. Some put a whole token
#: into it.
MAX_UPSTREAM_CODE: Final = 4096
#: The largest integer that every reader of JSON tells from its neighbours (RFC 8259, section 6).
MAX_INTEGER: Final = 2**53 - 1
#: Characters of a username that Discord takes.
MAX_USERNAME: Final = 100
#: Seconds between the time at which Discord has signed an event, and ours.
MAX_EVENT_AGE: Final = 300
