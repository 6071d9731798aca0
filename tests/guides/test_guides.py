import re
from pathlib import Path

import pytest

from snowflake import guides
from tests.guides.documents import DOCUMENTS, FOLDER, ROOT, anchors, links, text_of


def test_every_guide_is_listed_once_and_is_there() -> None:
    assert sorted(guides.NAMES) == sorted(path.stem for path in FOLDER.glob("*.md"))


@pytest.mark.parametrize("name", guides.NAMES)
def test_a_guide_begins_with_its_title_and_what_one_will_have_at_its_end(name: str) -> None:
    guide = guides.read(name)
    assert guide.text.startswith(f"# {guide.title}\n\n")
    assert guide.aim.endswith(".")
    assert "#" not in guide.aim
    assert len(guide.aim) <= 200


def test_there_is_no_guide_by_another_name() -> None:
    with pytest.raises(KeyError):
        guides.read("../settings/settings")


@pytest.mark.parametrize(("document", "target"), list(links()))
def test_every_link_leads_somewhere(document: str, target: str) -> None:
    file, _, anchor = target.partition("#")
    path = (ROOT / document).parent / file if file else ROOT / document
    assert path.exists(), f"{document} links to {target}"
    if anchor:
        assert anchor in anchors(path.read_text("utf-8")), f"{document} links to {target}"


@pytest.mark.parametrize("document", [one for one in DOCUMENTS if one != "README.md"])
def test_a_guide_links_only_to_what_is_shipped_with_it(document: str) -> None:
    named = {target.partition("#")[0] for origin, target in links() if origin == document}
    assert {name for name in named if name and "/" in name} == set()


def test_the_readme_names_redirect_uris_as_the_recipes_do() -> None:
    named = re.compile(r"^\| \[.+?\]\(\S*#(\S+)\).*? \| .*?`(https?://[^`]+)`", re.MULTILINE)
    recipes = dict(named.findall(text_of("snowflake/guides/applications.md")))
    assert len(recipes) >= 20
    assert dict(named.findall(text_of("README.md"))).items() >= recipes.items()


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len(text_of("README.md").encode()) <= 15_000
    assert Path(ROOT / "README.md").exists()
