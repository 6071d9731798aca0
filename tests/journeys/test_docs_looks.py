"""Swagger UI's page with our style sheet, in Chromium."""

import base64
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.journeys.chromium import AXE, TELEPHONE, assert_fits
from tests.serving import missing, snowflake


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with snowflake(tmp_path_factory.mktemp("docs"), {"SNOWFLAKE_ENABLE_DOCS": "true"}) as running:
        yield f"{running.origin}/docs"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_docs_can_be_read_on_a_telephone_by_day_and_by_night(
    page: Page, docs: str, scheme: Literal["light", "dark"]
) -> None:
    page.set_viewport_size(TELEPHONE)
    page.emulate_media(color_scheme=scheme)
    page.goto(docs)
    page.locator(".opblock").first.wait_for()
    for place in page.locator(".opblock-summary-path").all():
        box = place.bounding_box()
        assert box is not None
        # A short word stands in one line, whatever stands beside it.
        assert box["height"] < 30 or len(place.inner_text()) > 20
    for operation in ("post", "get"):
        page.locator(f".opblock-{operation} .opblock-summary-control").first.click()
        page.locator(f".opblock-{operation} .responses-table").first.wait_for()
        assert_fits(page)
    assert (brightness(page) < 100) is (scheme == "dark")


def test_every_word_of_the_docs_stands_out_from_its_ground(page: Page, docs: str) -> None:
    if not AXE.exists():
        missing("axe-core")
    # By night all of it goes through one filter, through which axe-core does not see.
    page.emulate_media(color_scheme="light")
    page.goto(docs)
    page.locator(".opblock").first.wait_for()
    for operation in page.locator(".opblock-summary-control").all():
        operation.click()
    page.locator(".responses-table").last.wait_for()
    page.locator(".try-out__btn").first.click()
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        """async () => (await axe.run({runOnly: ["color-contrast"]})).violations
            .flatMap(rule => rule.nodes.map(node => `${node.html}: ${node.failureSummary}`))"""
    )
    assert not found, "\n".join(found)


def brightness(page: Page) -> float:
    """Answer how bright a page is as it is seen, whatever filters it goes through: 0 to 255."""
    picture = base64.b64encode(page.screenshot()).decode()
    with page.context.new_page() as empty:
        seen: float = empty.evaluate(
            """async picture => {
                const image = new Image();
                image.src = "data:image/png;base64," + picture;
                await image.decode();
                const canvas = document.createElement("canvas").getContext("2d");
                canvas.drawImage(image, 0, 0, 100, 100);
                const seen = canvas.getImageData(0, 0, 100, 100).data;
                return seen.reduce((sum, one, at) => at % 4 < 3 ? sum + one : sum, 0) / 30000;
            }""",
            picture,
        )
    return seen
