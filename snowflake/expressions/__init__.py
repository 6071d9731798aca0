"""JMESPath: what an operator writes to say what a value comes to.

- ``compiling.py``: which expressions may stand in the configuration.
- ``searching.py``: what one finds, within bounds of its work.
- ``looking.py``: where one looks, so that nothing else has to be asked for (``places.py``,
  ``narrowing.py``).
"""

from snowflake.expressions.compiling import Expression, compiled
from snowflake.expressions.searching import Unsearchable, search

__all__ = ["Expression", "Unsearchable", "compiled", "search"]
