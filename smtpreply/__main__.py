"""``python -m smtpreply``."""

from smtpreply.cli import main

if __name__ == "__main__":
    main()
