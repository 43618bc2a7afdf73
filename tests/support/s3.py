"""A server that speaks the S3 API, for tests: moto's, which checks what clients send and keeps what they put."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from moto.server import ThreadedMotoServer

KEY, SECRET = "test", "test-secret"
BUCKET = "media"


@contextmanager
def running_s3() -> Iterator[str]:
    """Its address, with an empty bucket called `media`, for as long as the block lasts."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    try:
        make = urllib.request.Request(f"{address}/{BUCKET}", method="PUT", data=b"")
        with urllib.request.urlopen(make, timeout=60):
            pass
        yield address
    finally:
        server.stop()
