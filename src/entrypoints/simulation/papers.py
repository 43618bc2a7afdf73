"""What must hold of invoices and credit notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from entrypoints.simulation.invariants import Invariant, Scene, first
from platform_core.marketplace.invoices import Invoice, InvoiceForm
from platform_core.marketplace.order import Order


def _numbered(scene: Scene) -> Iterator[str]:
    """Each series runs from 1 without gaps, in the order of time."""
    series: dict[tuple[str, str, int], dict[int, datetime]] = {}
    for paper in scene.world.all(Invoice):
        numbers = series.setdefault((paper.seller, paper.form.value, paper.year), {})
        if paper.sequence in numbers:
            yield f"{paper.number} was issued twice"
        numbers[paper.sequence] = paper.issued_at
        if (paper.net + paper.tax, paper.gross) != (paper.gross, sum(line.gross for line in paper.lines)):
            yield f"{paper.number} does not sum up"
    for (seller, form, year), numbers in series.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield f"the {form}s of {seller} in {year} have the numbers {sorted(numbers)}"
        moments = [numbers[number] for number in sorted(numbers)]
        if moments != sorted(moments):
            yield f"the {form}s of {seller} in {year} are not in the order of time"


def _complete(scene: Scene) -> Iterator[str]:
    """What an order's papers say is what was paid less what refunds returned, disputed or not."""
    said: dict[str, int] = {}
    for paper in scene.world.all(Invoice):
        sign = 1 if paper.form is InvoiceForm.INVOICE else -1
        said[paper.order] = said.get(paper.order, 0) + sign * paper.gross
    for order in scene.world.all(Order):
        due = order.captured - order.refunded
        if said.get(order.id, 0) != due:
            yield f"the papers of {order.id} say {said.get(order.id, 0)}; {due} were paid and kept"


ALWAYS = (
    Invariant("papers are numbered without gaps", (43,), lambda scene: first(_numbered(scene))),
    Invariant("papers say what was paid and kept", (43,), lambda scene: first(_complete(scene))),
)
