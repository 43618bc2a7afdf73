"""Refusals of the core in the names of the wire."""

from __future__ import annotations

import pytest

from entrypoints.http.kit.dialect import STATUSES
from entrypoints.http.kit.refusals import translated
from platform_core.kernel.errors import Invalid

NAMES = {"product": "product_id", "method": "payment_method", "cart.note": "remark"}


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("method", "payment_method"),
        ("title", "title"),
        ("items.0.product", "items[0].product_id"),
        ("items.12.quantity", "items[12].quantity"),
        ("lines.3", "lines[3]"),
        ("product.title", "product_id.title"),
        ("cart.note", "remark"),
    ],
)
def test_the_path_of_a_field_is_told_as_the_wire_has_it(field: str, told: str) -> None:
    refusal = translated(Invalid.field(field, "is wrong"), STATUSES, NAMES)

    assert [detail.field for detail in refusal.details] == [told]
    assert refusal.message == f"{told}: is wrong"
