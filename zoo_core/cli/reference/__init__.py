"""Reference pages made from the registry and the live command line: every part with a picture, every command.

`python -m zoo_core.cli.reference FOLDER [DISTRIBUTION]` writes them, of the built-in parts or of another distribution.
"""
