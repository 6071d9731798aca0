from tests.store.places import place

__all__ = ["place"]
