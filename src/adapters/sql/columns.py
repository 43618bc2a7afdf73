"""The types of columns, the same on every SQL database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Words(TypeDecorator[str]):
    """Text that sorts by code point, on every database alike."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL is told; SQLite does it anyway."""
        return Text(collation="C") if dialect.name == "postgresql" else Text()


class Instant(TypeDecorator[Any]):
    """A moment in UTC with microseconds."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`timestamptz`, or ISO 8601 text of one length, which sorts like the moments."""
        return TIMESTAMP(timezone=True) if dialect.name == "postgresql" else Text()


class Json(TypeDecorator[Any]):
    """Nested values."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`jsonb`, or text."""
        return JSONB() if dialect.name == "postgresql" else Text()
