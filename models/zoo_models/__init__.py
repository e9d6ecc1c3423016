"""Shipped models: for each a spec (`<name>.toml`), weights (`<name>.npz`) and a card (`<name>.md`)."""
