"""Where the built program begins: as `coreto`, and as one of the helpers that multiprocessing starts."""

import sys

from coreto.cli import main
from coreto.launcher.unpacked import settle


def run() -> int:
    """Run the command line; an error in a window that was opened for it stays readable."""
    status: object = None
    try:
        status = main()
        return status
    except SystemExit as end:
        status = end.code
        raise
    finally:
        if status:
            from coreto.cli.console import wait_when_alone

            wait_when_alone()


if __name__ == "__main__":
    if {"-c", "--multiprocessing-fork"} & set(sys.argv):
        from multiprocessing import freeze_support

        freeze_support()
    settle()
    sys.exit(run())
