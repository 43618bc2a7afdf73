"""Teezu's document: valid, complete, and true of the server that serves it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from entrypoints.http.kit.rows import Ask, Row
from entrypoints.http.server import openapi
from entrypoints.http.teezu.dialect import TEEZU
from platform_core.kernel.actor import Role
from support.stores import Stores
from unit.http.served import API, Served, served


@pytest.fixture
def stores(memory_stores: Stores) -> Stores:
    """In memory: this is about rows, not about stores."""
    return memory_stores


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


def test_the_document_is_valid_openapi() -> None:
    validate(openapi("teezu"))


def test_every_operation_has_examples_errors_headers_and_security() -> None:
    document: Any = openapi("teezu")

    for row in TEEZU.rows:
        operation = document["paths"][row.path][row.method.lower()]
        assert operation["summary"]
        assert operation["security"] or row.forgives_token
        assert {"400", "422", "429", "500", "503"} <= set(operation["responses"])
        success = operation["responses"][str(row.status)]
        assert "X-RateLimit-Limit" in success["headers"]
        if row.answers is not None:
            assert success["content"]["application/json"]["example"]
        if "requestBody" in operation:
            kind = "application/json" if row.file is None else "multipart/form-data"
            assert operation["requestBody"]["content"][kind]["example"]


async def test_the_document_and_its_page_are_served_without_any_other_host(server: Served) -> None:
    document = await server.ask("GET", "/teezu/openapi.json")
    page = await server.ask("GET", "/docs/teezu")

    assert document.json["openapi"] == "3.1.0"
    assert document.json["servers"] == [{"url": API}]
    text = page.raw.decode()
    assert "http://" not in text
    assert "https://" not in text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js", "docs.css", "favicon-32x32.png"):
        assert f'"/static/{name}"' in text
        assert (await server.ask("GET", f"/static/{name}")).status == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.fixture
def running() -> Iterator[tuple[str, str]]:
    """A server in a thread of its own, since the fuzzer waits for answers: its URL, and an admin's token."""
    ready: list[tuple[str, str]] = []
    up, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def main() -> None:
        async with served() as server:
            guest = await server.guest("fuzzer", tokens=10**6, role=Role.ADMIN)
            ready.append((server.url, guest.token))
            up.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    assert up.wait(30)
    yield ready[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.mark.parametrize("row", TEEZU.rows, ids=lambda row: row.id)
def test_no_request_gets_an_answer_outside_the_document(running: tuple[str, str], row: Row) -> None:
    url, token = running
    operation = schemathesis.openapi.from_dict(openapi("teezu"))[row.path][row.method]
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=[*HealthCheck])
    @given(case=good | bad if row.shape is not Ask else good)
    def probe(case: Any) -> None:
        response = case.call(base_url=url + API, headers={"Authorization": f"Bearer {token}"})
        case.validate_response(response, checks=CHECKS)

    probe()
