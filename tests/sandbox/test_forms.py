import pytest

from snowflake.sandbox.forms import Form

PAGE = """
<input name="outside" value="1"><button name="x" value="y">Outside</button>
<form action="/there?a=1">
  <input type="hidden" name="note" value="n&amp;1"><input name="code"><input value="nameless">
  <input type="radio" name="person" value="7" data-username="ada">
  <input type="radio" name="person" value="8" data-username="noor">
  <button name="answer" value="allow">
    Allow <em>it</em></button><button>Go on</button>
</form>
<form action="/elsewhere"><input name="second" value="2"><button>Second</button></form>
"""


def test_the_first_form_is_read() -> None:
    form = Form(PAGE)
    assert form.action == "/there?a=1"
    assert form.fields == {"note": "n&1", "code": ""}
    assert form.people == {"7": "ada", "8": "noor"}
    assert form.pressed("Allow it") == {"note": "n&1", "code": "", "answer": "allow"}
    assert form.pressed("Go on") == {"note": "n&1", "code": ""}


@pytest.mark.parametrize("name", ["Outside", "Second", "Deny"])
def test_other_buttons_are_none_of_it(name: str) -> None:
    with pytest.raises(KeyError):
        Form(PAGE).pressed(name)


def test_a_page_without_a_form_has_none() -> None:
    form = Form("<p>Done</p>")
    assert (form.action, form.fields, form.people, form.buttons) == ("", {}, {}, {})
