"""As much of `curl` as the examples of documents need, for machines that have none.

As a program it stands in for `curl` on the command line; see `curl_path`.
"""

from __future__ import annotations

import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from attrs import define, field


@define
class Wish:
    """What a command line asks for."""

    url: str = ""
    method: str = ""
    headers: dict[str, str] = field(factory=dict)
    body: str | None = None
    output: str = ""

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Wish:
        """What these arguments ask for.

        Raises:
            ValueError: One is not known here.
        """
        wish, words = cls(), iter(arguments)
        for word in words:
            if word in ("-s", "-S", "-sS"):
                continue
            if word in ("-X", "-d", "-o"):
                name = {"-X": "method", "-d": "body", "-o": "output"}[word]
                setattr(wish, name, next(words))
            elif word == "-H":
                header, _, value = next(words).partition(":")
                wish.headers[header] = value.strip()
            elif word.startswith("-") or wish.url:
                raise ValueError(f"not known here: {word}")
            else:
                wish.url = word
        wish.method = wish.method or ("GET" if wish.body is None else "POST")
        return wish


def main(arguments: Sequence[str]) -> None:
    """Send what they ask for, and write out the answer whatever its status is, as `curl` does."""
    wish = Wish.of(arguments)
    data = None if wish.body is None else wish.body.encode()
    request = urllib.request.Request(wish.url, data, wish.headers, method=wish.method)
    try:
        with urllib.request.urlopen(request, timeout=300) as response:
            answer = response.read()
    except urllib.error.HTTPError as error:
        answer = error.read()
    if wish.output:
        Path(wish.output).write_bytes(answer)
    else:
        sys.stdout.buffer.write(answer)


def stand_in(folder: Path) -> str:
    """A search path with this program in front, as `curl`.

    Args:
        folder: Where to put it.
    """
    program = folder / "curl"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" "$@"\n')
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def curl_path(folder: Path) -> str:
    """A search path on which there is a `curl`: the machine's own, else this one."""
    return os.environ["PATH"] if shutil.which("curl") else stand_in(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
