"""The command line: ``liveshop …``, and the same tree as ``flask liveshop …``."""

from liveshop_sdk.cli.tree import cli, main

__all__ = ["cli", "main"]
