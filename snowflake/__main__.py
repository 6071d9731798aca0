"""``python -m snowflake`` is the ``snowflake`` command."""

from snowflake.cli import main

main()
