"""Run as a program: set bounds for this process, then become another program. It needs nothing but Python itself.

python -I -S limited.py <seconds of CPU> <MiB of memory> <MiB of file> program arguments...
"""

import os
import sys


def main() -> None:
    """Set the bounds and become the program."""
    import resource

    seconds, memory, file = (int(number) for number in sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file << 20, file << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    os.nice(5)
    os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606  # no shell is what is wanted


if __name__ == "__main__":
    main()
