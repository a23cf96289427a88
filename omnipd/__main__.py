"""The shell's commands, as ``python -m omnipd``."""

from omnipd.shell.cli import main

if __name__ == "__main__":
    main()
