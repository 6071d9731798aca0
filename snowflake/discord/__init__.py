"""The only speaker to Discord.

A call goes through these files in this order:

``client``     makes it, or lets the ``bot`` or ``role_connections`` make it, and reads its answer
               (``models``) or names its failure (``failures``)
``lookups``    asks once for all who ask the same at this moment (``sharing``)
``deadline``   knows how much time is left for it
``sending``    sends it, more than once where that is safe (``calls``)
``breaker``    lets it fail at once while Discord is down
``limits``     lets it wait for Discord's limits (``bucket``), learnt from its answers
               (``limit_answers``)
``transport``  has the connections

``clocks`` has every time that they know, ``cdn`` where Discord keeps its pictures.
"""
