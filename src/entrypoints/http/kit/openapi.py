"""The OpenAPI 3.1 document of a dialect, made of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, get_type_hints

import msgspec

from entrypoints.http.kit.dialect import Dialect
from entrypoints.http.kit.hooks import Hook
from entrypoints.http.kit.rows import Ask, Row
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Kind

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"

_HEADERS: Json = {
    "X-Request-Id": {"description": "The id of this request, for asking about it.", "schema": {"type": "string"}},
    "X-RateLimit-Limit": {"description": "Requests in a window.", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "Requests left in this window.", "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"description": "When the window ends, in unix seconds.", "schema": {"type": "integer"}},
    "Retry-After": {"description": "Seconds to wait before the next attempt.", "schema": {"type": "integer"}},
    "Idempotent-Replayed": {
        "description": "`true` when this answer was given before under the same key.",
        "schema": {"const": "true"},
    },
    "Content-Disposition": {"description": "The name of the file.", "schema": {"type": "string"}},
    "Set-Cookie": {"description": "For browsers: the session, or what renews it.", "schema": {"type": "string"}},
}
_HOOK_REFUSALS = (400, 401, 404, 408, 413, 500, 503)
_ALWAYS = ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")

_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "With the same key a request has one effect and one answer, however often it is sent.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}

_WHY = {
    400: "The request could not be read.",
    401: "Nobody is signed in, or the token is not good any more.",
    402: "Not enough is available.",
    403: "The caller may not.",
    404: "There is no such thing.",
    408: "The body came too slowly.",
    409: "The state of things does not allow it.",
    413: "The body is too large.",
    415: "The body is not of the type that is asked for.",
    422: "A field breaks a rule; `details` names every one.",
    429: "Too many requests.",
    500: "Something went wrong on our side.",
    503: "A part is not there just now; nothing happened.",
}


def document(dialect: Dialect, *, servers: Iterable[str] = (), cookie_name: str = "teezu_session") -> Json:
    """The document.

    Args:
        dialect: The dialect.
        servers: Where it is served; its own prefix when empty.
        cookie_name: How the session cookie is called.
    """
    shapes = _shapes(dialect)
    _, schemas = msgspec.json.schema_components(shapes, ref_template=_REF)
    paths: dict[str, Json] = {}
    for row in dialect.rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, dialect, schemas)
    for hook in dialect.hooks:
        paths.setdefault(hook.path, {})[hook.method.lower()] = _hook(hook, dialect)
    return {
        "openapi": "3.1.0",
        "info": {"title": dialect.title, "version": dialect.version, "description": dialect.description},
        "servers": [{"url": url} for url in servers or (dialect.prefix,)],
        "tags": [{"name": tag} for tag in _tags(dialect)],
        "paths": paths,
        "components": {
            "schemas": {name: schemas[name] for name in schemas if name not in _asked_by_path_only(dialect)},
            "headers": _HEADERS,
            "responses": {str(status): _refusal(status, dialect) for status in _whys(dialect)},
            "securitySchemes": _schemes(dialect, cookie_name),
        },
    }


def _error(dialect: Dialect) -> str:
    return str(get_type_hints(dialect.show_refusal)["return"].__name__)


def _tags(dialect: Dialect) -> Iterable[str]:
    return dict.fromkeys([*(row.tag for row in dialect.rows), *(hook.tag for hook in dialect.hooks)])


def _shapes(dialect: Dialect) -> list[Any]:
    shapes: dict[Any, None] = {get_type_hints(dialect.show_refusal)["return"]: None}
    for row in dialect.rows:
        if row.shape is not Ask:
            shapes[row.shape] = None
        if row.answer is not type(None) and row.produces is None:
            shapes[row.answer] = None
    shapes.update({type(hook.answer): None for hook in dialect.hooks})
    return list(shapes)


def _asked_by_path_only(dialect: Dialect) -> set[str]:
    """Shapes that are told as parameters, and stand nowhere as a whole."""
    return {row.shape.__name__ for row in dialect.rows if row.method in ("GET", "DELETE") or row.path_fields}


def _schemes(dialect: Dialect, cookie_name: str) -> Json:
    schemes: Json = {"bearer": {"type": "http", "scheme": "bearer", "description": dialect.bearer}}
    if dialect.cookie:
        schemes["cookie"] = {"type": "apiKey", "in": "cookie", "name": cookie_name}
    if dialect.key_header is not None:
        schemes["key"] = {"type": "apiKey", "in": "header", "name": dialect.key_header}
    for hook in dialect.hooks:
        schemes.update(
            {name: {"type": "apiKey", "in": "header", "name": told} for name, told in hook.signatures.items()}
        )
    return schemes


def _whys(dialect: Dialect) -> Mapping[int, str]:
    """Why each status is answered, of those that the dialect has."""
    invalid = dialect.statuses[Kind.INVALID]
    return {status: why for status, why in _WHY.items() if status != 422 or invalid == 422}


def _operation(row: Row, dialect: Dialect, schemas: dict[str, Any]) -> Json:
    command = row.command
    operation: Json = {
        "operationId": row.id,
        "summary": row.summary,
        "description": " ".join((command.__doc__ or "").split("\n\n", maxsplit=1)[0].split()),
        "tags": [row.tag],
        "responses": _responses(row, dialect),
    }
    schemes: list[Json] = [{"bearer": []}, *([{"cookie": []}] if dialect.cookie else [])]
    if dialect.key_header is not None and command.policy.scope is not None:
        schemes.append({"key": []})
    operation["security"] = [] if row.forgives_token else schemes if command.policy.signed_in else [{}, *schemes]
    schema = schemas.get(row.shape.__name__, {})
    parameters = _parameters(row, schema)
    if row.cookie is not None:
        parameters.append({"name": row.cookie, "in": "cookie", "required": False, "schema": {"type": "string"}})
    if parameters:
        operation["parameters"] = parameters
    if row.takes_body:
        content: Json = {"schema": _body(row, schema)}
        if row.example is not None:
            content["example"] = dict(row.example)
        kind = "application/json" if row.file is None else "multipart/form-data"
        operation["requestBody"] = {"required": row.wants_body, "content": {kind: content}}
    return operation


def _hook(hook: Hook, dialect: Dialect) -> Json:
    schema = _within(dialect, {"$ref": _REF.format(name=type(hook.answer).__name__)})
    shown = msgspec.to_builtins(hook.answer)
    example = dict(shown if dialect.envelope is None else dialect.envelope(shown))
    success = {
        "description": HTTPStatus(hook.status).phrase,
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
        "content": {"application/json": {"schema": schema, "example": example}},
    }
    refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in _HOOK_REFUSALS}
    body = {"schema": {"type": "object"}, "example": dict(hook.example)}
    return {
        "operationId": hook.id,
        "summary": hook.summary,
        "description": hook.description,
        "tags": [hook.tag],
        "security": [{name: []} for name in hook.signatures],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {str(hook.status): success, **refusals},
    }


def _parameters(row: Row, schema: Json) -> list[Json]:
    in_path = set(row.path_fields)
    found: list[Json] = []
    for name, kind in schema.get("properties", {}).items():
        where = "path" if name in in_path else "query"
        if where == "query" and row.method not in ("GET", "DELETE"):
            continue
        about = {key: value for key, value in kind.items() if key != "description"}
        required = where == "path" or name in schema.get("required", ())
        found.append(
            {
                "name": name,
                "in": where,
                "required": required,
                "description": kind.get("description", ""),
                "schema": about,
            }
        )
    return [*found, _KEY] if issubclass(row.command, Command) else found


def _body(row: Row, schema: Json) -> Json:
    """The shape of the body: the request's without what the path says."""
    if not row.path_fields:
        return {"$ref": _REF.format(name=row.shape.__name__)}
    rest = {name: kind for name, kind in schema["properties"].items() if name not in row.path_fields}
    required = [name for name in schema.get("required", ()) if name not in row.path_fields]
    body = {key: value for key, value in schema.items() if key not in ("properties", "required", "title")}
    return {**body, "properties": rest, **({"required": required} if required else {})}


def _statuses(row: Row, dialect: Dialect) -> list[int]:
    """The refusals an operation may answer with."""
    found = {400, 401, dialect.statuses[Kind.INVALID], 429, 500, 503}
    if row.command.target or row.path_fields or row.shape is not Ask:
        found.add(404)
    if row.command.policy.signed_in:
        found.add(403)
    if issubclass(row.command, Command):
        found |= {403, 404, 408, 409, 413, 415}
    if row.method not in ("GET", "DELETE"):
        found |= {408, 413, 415}
    if row.limit == "money":
        found.add(402)
    return sorted(found)


def _responses(row: Row, dialect: Dialect) -> Json:
    always = _ALWAYS if row.audience == "users" else ("X-Request-Id",)
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in always}
    if issubclass(row.command, Command):
        headers["Idempotent-Replayed"] = {"$ref": "#/components/headers/Idempotent-Replayed"}
    if row.then is not None and row.audience == "users":
        headers["Set-Cookie"] = {"$ref": "#/components/headers/Set-Cookie"}
    if row.produces is not None:
        headers["Content-Disposition"] = {"$ref": "#/components/headers/Content-Disposition"}
    success: Json = {"description": HTTPStatus(row.status).phrase, "headers": headers}
    if row.produces is not None:
        # OpenAPI 3.1 says of bytes that are no JSON nothing but their type.
        success["content"] = {row.produces: {}}
    elif row.answer is not type(None):
        content: Json = {"schema": _within(dialect, {"$ref": _REF.format(name=row.answer.__name__)})}
        if row.answers is not None:
            content["example"] = dict(row.answers if dialect.envelope is None else dialect.envelope(row.answers))
        success["content"] = {"application/json": content}
    refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in _statuses(row, dialect)}
    others = {str(status): {**success, "description": HTTPStatus(status).phrase} for status in row.also}
    return {str(row.status): success, **refusals, **others}


def _within(dialect: Dialect, schema: Json) -> Json:
    """An answer's schema with what the dialect puts around it."""
    if dialect.envelope is None:
        return schema
    around = dialect.envelope(schema)
    told = {name: part if part is schema else {"const": part} for name, part in around.items()}
    return {"type": "object", "properties": told, "required": list(told), "additionalProperties": False}


def _refusal(status: int, dialect: Dialect) -> Json:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _ALWAYS}
    if status in (429, 503):
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    content = {"application/json": {"schema": {"$ref": _REF.format(name=_error(dialect))}}}
    return {"description": _WHY[status], "headers": headers, "content": content}
