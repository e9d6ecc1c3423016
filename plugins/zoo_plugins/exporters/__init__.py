"""Writers of models in other formats: each works on the graph of `zoo_core.graphs`."""
