"""What every table is declared in, and how those of aggregates begin."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Table

from adapters.sql.columns import Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def aggregates(name: str, *columns: Any, **options: Any) -> Table:
    """A table of aggregates: these columns after their id and version."""
    head = (Column("id", Words, primary_key=True), Column("version", BigInteger, nullable=False))
    return Table(name, metadata, *head, *columns, **options)
