"""Telling the servers of clients that somebody has signed out (Back-Channel Logout 1.0).

1. Whoever ends a session (``state/logout``) has a row written for each client that took part, in
   the same transaction (``store/logout_deliveries``).
2. ``deliveries`` looks for such rows in the background of every process, at once when it was this
   process that wrote them. Each row is one process's at a time.
3. ``token`` makes a new logout token for each try, and ``attempt`` sends it.
4. Whoever has heard it is told no more; anybody else is tried again, for a day.

A client that is told twice ends nothing twice. So a row is forgotten after the client's answer, and
not before: a process that dies in between has told, and the next one tells again.
"""
