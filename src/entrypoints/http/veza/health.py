"""Whether the platform lives, can work, and is well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.legacy import Legacy
from entrypoints.http.kit.rows import Answer, Moment, Reply, Row, get, moment
from platform_core.operations.health import CheckHealth, CheckPulse, CheckReadiness, Health, Report

#: The document calls the addresses at the root deprecated, and gives no date: these are ours.
LEGACY = Legacy(
    root="/api/v1",
    since=datetime(2026, 2, 23, tzinfo=UTC),
    until=datetime(2027, 12, 31, tzinfo=UTC),
    paths=("/health", "/health/deep", "/healthz", "/readyz"),
)

READINESS: dict[Health, Literal["ready", "degraded", "not_ready"]] = {
    Health.HEALTHY: "ready",
    Health.DEGRADED: "degraded",
    Health.UNHEALTHY: "not_ready",
}


class Alive(Answer, frozen=True):
    """The server answers."""

    status: Literal["ok"] = "ok"


class Ready(Answer, frozen=True):
    """Whether requests may be sent here."""

    status: Literal["ready", "degraded", "not_ready"]


class Checked(Struct, frozen=True):
    """How a part is. `unused` is one that is not set up, `low` one that will not work for long."""

    status: Literal["ok", "unused", "low", "down"]
    details: (
        Annotated[dict[str, float], Meta(description="Figures, where the settings let them be told.")] | UnsetType
    ) = UNSET


class DeepHealth(Answer, frozen=True):
    """How every part is."""

    status: Literal["healthy", "degraded", "unhealthy"]
    timestamp: Moment
    checks: dict[str, Checked]
    config: Annotated[dict[str, bool | float], Meta(description="How the platform is set up; nothing of it is secret.")]


def say_alive(_: None) -> Alive:
    """The answer of a process that lives."""
    return Alive()


def show_readiness(health: Health) -> Ready:
    """The answer to whether requests may be sent here."""
    return Ready(READINESS[health])


def show_report(report: Report) -> DeepHealth:
    """The answer to how every part is."""
    checks = {
        name: Checked(finding.condition.value, dict(finding.details) or UNSET) for name, finding in report.parts.items()
    }
    return DeepHealth(report.health.value, moment(report.at), checks, dict(report.config))


def tell_unready(health: Health, reply: Reply) -> None:
    """503 for who only looks at the status."""
    if health is Health.UNHEALTHY:
        reply.status = 503


def tell_unhealthy(report: Report, reply: Reply) -> None:
    """503 for who only looks at the status."""
    tell_unready(report.health, reply)


ROWS: tuple[Row, ...] = (
    get(
        "/health",
        CheckPulse,
        say_alive,
        id="health",
        summary="Whether the server answers",
        tag="health",
        audience="probes",
        forgives_token=True,
        answers={"status": "ok"},
    ),
    get(
        "/health/deep",
        CheckHealth,
        show_report,
        id="health_deep",
        summary="How every part is, for operators",
        tag="health",
        then=tell_unhealthy,
        also=(503,),
        audience="operators",
        forgives_token=True,
        answers={
            "status": "healthy",
            "timestamp": "2026-02-23T12:00:00Z",
            "checks": {
                "database": {"status": "ok"},
                "redis": {"status": "unused"},
                "disk": {"status": "ok", "details": {"free_gb": 42.5}},
                "media": {"status": "ok"},
            },
            "config": {
                "jwt_secret_set": True,
                "stripe_connect_enabled": False,
                "platform_fee_rate": 0.1,
                "transfer_retry_enabled": True,
            },
        },
    ),
    get(
        "/healthz",
        CheckPulse,
        say_alive,
        id="healthz",
        summary="Whether the server answers, for Kubernetes",
        tag="health",
        audience="probes",
        forgives_token=True,
        answers={"status": "ok"},
    ),
    get(
        "/readyz",
        CheckReadiness,
        show_readiness,
        id="readyz",
        summary="Whether requests may be sent here, for Kubernetes",
        tag="health",
        then=tell_unready,
        also=(503,),
        audience="probes",
        forgives_token=True,
        answers={"status": "ready"},
    ),
)
