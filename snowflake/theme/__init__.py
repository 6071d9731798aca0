"""How every page looks: one style sheet and one wordmark.

Snowflake's own pages carry them inside; the sandbox serves the sheet, with a few rules of its own
after it. It holds no logic, so that the simulations may use it although they know nothing else of
Snowflake.

The parts of a page, each a class of the style sheet:

- ``brand``: whose page it is, at its head; ``card``: what it is about;
- ``actions``: the ways on, each a ``button``, the usual one first; ``plain`` for the others and
  ``danger`` for what cannot be taken back;
- ``facts``: a list of names and values (``dl``, with a ``div`` for each pair);
- ``notice``: something to know, ``good`` or ``bad`` if it is either;
- ``field``: a label and what is filled in; ``check`` the same for a box or a choice;
- ``entries``: a list of things, each with its own actions;
- ``quiet`` and ``small``: words that may be missed.
"""

from importlib.resources import files
from typing import Final

STYLE: Final = (files(__name__) / "style.css").read_text("utf-8")
#: An SVG to stand inside a page, beside our name. It has the colour of the text around it.
WORDMARK: Final = (files(__name__) / "wordmark.svg").read_text("utf-8")
