import re
from pathlib import Path

from snowflake.settings import PREFIX, Settings
from tests.readme import README, written


def test_the_tables_say_what_the_code_does() -> None:
    text = README.read_text("utf-8")
    assert text == written(text), "run: python -m tests.readme"


def test_no_document_names_a_variable_that_does_not_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known |= {f"{name}_FILE" for name in known}
    for path in (README, README.with_name("CHANGELOG.md"), README.with_name("compose.yaml")):
        named = set(re.findall(r"SNOWFLAKE_[A-Z_]*[A-Z]", Path(path).read_text("utf-8")))
        assert named <= known, path.name
