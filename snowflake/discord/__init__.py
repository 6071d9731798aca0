"""The speaker to Discord, for everything that Snowflake does.

The doctor alone asks a question or two by itself: it looks for what is wrong, and so at the bare
answers, limits and breaker aside.

A call goes through these files in this order:

``client``     makes it, or its ``bot`` or ``role_connections`` does, and reads its answer
               (``models``) or names its failure (``failures``)
``lookups``    asks once for all who ask the same at this moment
``deadline``   knows how much time is left for it
``sending``    sends it, more than once where that is safe (``calls``)
``breaker``    lets it fail at once while Discord is down
``limits``     lets it wait for Discord's limits (``bucket``), learnt from its answers
               (``limit_answers``)

How a request travels, and how its answer is read, is the work of ``snowflake.outbound``, with the
``bounds`` of what Discord's answers may be.
``clocks`` has every time that they know, ``cdn`` where Discord keeps its pictures.
"""
