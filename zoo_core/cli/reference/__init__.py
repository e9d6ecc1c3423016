"""Reference pages, made from the registry and the command line itself: every part with a picture, every command.

`python -m zoo_core.cli.reference FOLDER [DISTRIBUTION]` writes the pages of the built-in parts or of a distribution.
"""
