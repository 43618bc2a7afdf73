"""`platform-core openapi`: the document of an API."""

from __future__ import annotations

import rich_click as click

from entrypoints.cli import exits
from entrypoints.cli.banner import APIS
from entrypoints.cli.operation import Failure, Operation, operation


@click.command()
@operation("openapi teezu > teezu.json", database=False)
@click.argument("api")
def openapi(operation: Operation, *, api: str) -> None:
    """Print the OpenAPI 3.1 document of an API, as JSON."""
    from entrypoints.http.server import openapi as document

    if api not in APIS:
        raise Failure(f"there is no API {api!r}; there is {', '.join(APIS)}", exits.NOT_FOUND)
    operation.output.document(document(api))
