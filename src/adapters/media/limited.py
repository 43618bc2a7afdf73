"""Run as a program: set bounds for this process, then become another program. It needs nothing but Python itself.

python -I -S limited.py <seconds of CPU> <MiB of memory> <MiB of file> program arguments...
"""

import contextlib
import os
import sys


def main() -> None:
    """Set the bounds and become the program."""
    import resource

    seconds, memory, file = (int(number) for number in sys.argv[1:4])
    for bound, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory << 20),
        (resource.RLIMIT_FSIZE, file << 20),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        # Systems differ in which of these they know; whoever started this has a clock in hand besides.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(bound, (most, most))
    os.nice(5)
    os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606  # no shell is what is wanted


if __name__ == "__main__":
    main()
