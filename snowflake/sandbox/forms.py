"""What a browser without scripts reads of a page: its form, as far as the sandbox has forms."""

from html.parser import HTMLParser
from typing import NamedTuple


class Button(NamedTuple):
    """What sends a form, with a field of its own unless its name is empty."""

    name: str
    value: str


class Form(HTMLParser):
    """The first form of a page.

    ``action`` is where it goes; ``fields`` are the values of what is filled in or hidden;
    ``people`` are those who can be chosen, as usernames by ID, in order, and ``buttons`` by what
    they say. A page without a form has none of it.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.people: dict[str, str] = {}
        self.buttons: dict[str, Button] = {}
        self._is_inside, self._is_over = False, False
        self._button: Button | None = None
        self._words: list[str] = []
        self.feed(page)
        self.close()

    def pressed(self, says: str) -> dict[str, str]:
        """Return what is sent by the button that says this. Raises KeyError if there is none."""
        button = self.buttons[says]
        return {**self.fields, **({button.name: button.value} if button.name else {})}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what belongs to the form."""
        values = {name: value or "" for name, value in attrs}
        name, value = values.get("name", ""), values.get("value", "")
        if tag == "form" and not self._is_over:
            self._is_inside, self.action = True, values.get("action", "")
        elif not self._is_inside:
            return
        elif tag == "input" and "data-username" in values:
            self.people[value] = values["data-username"]
        elif tag == "input" and name:
            self.fields[name] = value
        elif tag == "button":
            self._button, self._words = Button(name, value), []

    def handle_endtag(self, tag: str) -> None:
        """Note that a button or the form is over."""
        if tag == "form":
            self._is_over, self._is_inside = True, False
        elif tag == "button" and self._button is not None:
            self.buttons[" ".join("".join(self._words).split())] = self._button
            self._button = None

    def handle_data(self, data: str) -> None:
        """Note what a button says."""
        self._words.append(data)
