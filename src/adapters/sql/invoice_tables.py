"""The tables of invoices and of the series that number them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table

from adapters.sql.columns import Instant, Json, Words
from adapters.sql.schema import aggregates

invoices = aggregates(
    "invoices",
    Column("number", Words, nullable=False, index=True),
    Column("place", Words, nullable=False, unique=True),
    Column("form", Words, nullable=False),
    Column("year", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("order", Words, nullable=False, index=True),
    Column("seller", Words, nullable=False),
    Column("buyer", Words, nullable=False),
    Column("sold_by", Json, nullable=False),
    Column("sold_to", Json, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("currency", Words, nullable=False),
    Column("lines", Json, nullable=False),
    Column("totals", Json, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("refund", Words, index=True),
    Column("corrects", Words),
    Column("corrects_number", Words),
    Index("ix_invoices_series", "seller", "form", "year", "sequence"),
)

invoice_series = aggregates(
    "invoice_series",
    Column("seller", Words, nullable=False),
    Column("form", Words, nullable=False),
    Column("year", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("last_at", Instant),
)

#: Aggregate kind to its table.
INVOICE_TABLES: dict[str, Table] = {"invoice": invoices, "invoice_series": invoice_series}
