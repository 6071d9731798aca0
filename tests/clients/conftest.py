from tests.journeys.conftest import browser, party, shared_world, world

__all__ = ["browser", "party", "shared_world", "world"]
