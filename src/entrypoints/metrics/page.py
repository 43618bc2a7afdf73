"""The page of figures, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from entrypoints.metrics.figures import Figures
from entrypoints.metrics.measures import SECONDS, UNITS, Classes, Measures, State

PREFIX = "platform_core_"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def write_page(measures: Measures, figures: Figures) -> bytes:
    """The page.

    Args:
        measures: What all processes have counted.
        figures: What the data say.
    """
    registry = CollectorRegistry(auto_describe=False)  # Of this page alone: nothing is shared with anybody.
    registry.register(_Collected([*_counted(measures), *_states(measures.states()), *_read(figures)]))
    return generate_latest(registry)


class _Collected:
    """Metrics that are complete already, as a registry asks for them."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Sequence[Metric]:
        return self._metrics


def _counted(measures: Measures) -> Iterator[Metric]:
    answers = CounterMetricFamily(
        PREFIX + "http_requests", "Answers, by API, operation and status.", labels=("api", "operation", "status")
    )
    latencies = HistogramMetricFamily(
        PREFIX + "http_request_seconds", "Seconds from a request's head to its answer.", labels=("api", "operation")
    )
    for api, operation in measures.operations:
        counted = False
        for status, count in measures.answers((api, operation)):
            answers.add_metric((api, operation, str(status or "other")), count)
            counted = True
        if counted:
            spread = measures.latencies((api, operation))
            latencies.add_metric((api, operation), buckets=_cumulated(spread, SECONDS), sum_value=spread.total)
    yield answers
    yield latencies
    batches = HistogramMetricFamily(PREFIX + "commit_batch_units", "Units of work committed together.", labels=())
    spread = measures.batches()
    batches.add_metric((), buckets=_cumulated(spread, UNITS), sum_value=spread.total)
    yield batches


def _cumulated(spread: Classes, bounds: Sequence[float]) -> list[tuple[str, float]]:
    names = [*(str(bound) for bound in bounds), "+Inf"]
    return list(zip(names, accumulate(spread.counts), strict=True))


def _states(states: Sequence[State]) -> Iterator[Metric]:
    alive = [(str(number), state) for number, state in enumerate(states) if _lives(state.process)]
    queue = GaugeMetricFamily(PREFIX + "commit_queue_units", "Units waiting behind a batch.", labels=("process",))
    connections = GaugeMetricFamily(
        PREFIX + "database_connections",
        "Connections at work, and how many may be.",
        labels=("process", "state"),
    )
    for name, state in alive:
        if state.most:
            queue.add_metric((name,), state.waiting)
            connections.add_metric((name, "in_use"), state.in_use)
            connections.add_metric((name, "limit"), state.most)
    processes = GaugeMetricFamily(PREFIX + "processes", "Server processes that live.")
    processes.add_metric((), len(alive))
    yield from (processes, queue, connections)
    yield from _of_the_system([(name, state.process) for name, state in alive])


def _lives(process: int) -> bool:
    return process > 0 and (not Path("/proc/self").exists() or Path(f"/proc/{process}").exists())


def _of_the_system(processes: Sequence[tuple[str, int]]) -> Iterator[Metric]:
    """What the system says of each process, under the names that dashboards know."""
    families: dict[str, Metric] = {}
    for name, number in processes:
        for told in ProcessCollector(pid=partial(int, number), registry=None).collect():
            family = families.setdefault(told.name, Metric(told.name, told.documentation, told.type))
            for sample in told.samples:
                family.add_sample(sample.name, {**sample.labels, "process": name}, sample.value)
    yield from families.values()


def _read(figures: Figures) -> Iterator[Metric]:
    up = GaugeMetricFamily(PREFIX + "store_up", "1 when the store answers, else 0.")
    up.add_metric((), figures.outbox is not None)
    yield up
    if figures.outbox is not None:
        events = GaugeMetricFamily(PREFIX + "outbox_events", "Events not delivered.", labels=("state",))
        events.add_metric(("waiting",), figures.outbox.waiting)
        events.add_metric(("parked",), figures.outbox.parked)
        yield events
        oldest = GaugeMetricFamily(PREFIX + "outbox_oldest_seconds", "For how long the oldest event has waited.")
        oldest.add_metric((), figures.oldest_seconds)
        yield oldest
    if figures.totals is not None:
        totals = GaugeMetricFamily(
            PREFIX + "ledger_sum", "Sum of all balances of a currency; anything but 0 is wrong.", labels=("currency",)
        )
        for currency, total in sorted(figures.totals.items()):
            totals.add_metric((currency,), total)
        yield totals
    if figures.dead_webhooks is not None:
        dead = GaugeMetricFamily(PREFIX + "webhooks_dead", "Payment messages that were given up on.")
        dead.add_metric((), figures.dead_webhooks)
        yield dead
