"""Snowflake beside what people would use instead: ``python -m tests.benchmarks rivals``.

``programs``    fetches and builds Dex and Keycloak, once
``dex``         runs the one, with the simulated Discord behind it
``keycloak``    runs the other
``visitor``     signs people in at whichever it is
``comparison``  lets all take turns, and writes the rows
"""
