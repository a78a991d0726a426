"""`python -m coreto` is the `coreto` command."""

from coreto.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
