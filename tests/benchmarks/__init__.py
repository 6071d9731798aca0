"""How quick Snowflake is, as ratios inside one run: ``python -m tests.benchmarks [NAME …]``.

Each benchmark is one file, whose docstring says what is measured and against what: ``logins``,
``kinds``, ``authorize``, ``discovery``, ``jwks``, ``latency``, ``memory``, ``start``, ``growth``,
``sso``, ``refresh``; ``rivals/`` is one too, which fetches other programs first. With
``--against REV`` the CPU time of today's tree stands beside that of a commit (``against``,
``trees``). They stand on these:

``processes``   starts the simulated Discord (``discord``), ``snowflake serve`` and a bare Starlette
                (``bare``), each a process of its own, on loopback
``connection``  the cheapest HTTP client that there is to write
``browser``     a whole login over it
``guests``      browsers whose person has signed in before
``load``        many of them at once
``loads``       what they do there, and the CPU time that it costs whoever answers
``proc``        what a process has used, as Linux tells it
``pairs``       things measured in turns
``beside_…``    what is asked of one Snowflake beside another thing, or beside a bare Starlette
``report``      rows, goals and the table

All run on one machine, so what Discord and the load need is taken from the same cores. Ratios of
things that are measured one right after the other still say something, those of CPU time the most;
rates say less.
"""
