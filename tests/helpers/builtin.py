"""The parts that come with the zoo, as its registry finds them."""

from zoo_core.registry import DISTRIBUTION, Registry

REGISTRY = Registry()
ENTRIES = [entry for entry in REGISTRY.entries() if entry.distribution == DISTRIBUTION]
PARTS = [entry.part for entry in ENTRIES]
