"""Run the command line as ``python -m liveshop_sdk``."""

from liveshop_sdk.cli import main

if __name__ == "__main__":
    main()
