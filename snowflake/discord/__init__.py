"""The speaker to Discord, for everything that Snowflake does.

The doctor alone asks a question or two by itself: it looks for what is wrong, and so at the bare
answers, limits and breaker aside.

A call goes through these files in this order:

``client``           makes it, or its ``oauth``, ``bot`` or ``role_connections`` does, and reads its
                     answer (``models``) or names its failure (``failures``)
``requests``         asks once for all who ask the same at this moment, within a deadline
``sending``          sends it, more than once where that is safe (``calls``)
``circuit_breaker``  lets it fail at once while Discord is down
``rate_limits``      lets it wait for Discord's limits: what is known of its ``buckets``

How a request travels, and how its answer is read, is the work of ``snowflake.outbound``, with the
``bounds`` of what Discord's answers may be.
``cdn`` knows where Discord keeps its pictures.
"""
