"""The application with its figures counted, as the settings say."""

from __future__ import annotations

import attrs
from aiohttp import web

from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.server import build_app, operations
from entrypoints.metrics.measures import Measures
from entrypoints.metrics.metrics import Metrics
from entrypoints.settings import Settings
from platform_core.platform import Platform


def measures(*, processes: int) -> Measures:
    """Where so many processes of a server count; made before they are forked."""
    return Measures(operations(), processes)


def measured(
    platform: Platform, settings: Settings, options: HttpOptions, counting: Measures | None, number: int
) -> tuple[web.Application, HttpOptions]:
    """The application, with its figures counted if they are wanted."""
    if not settings.server.metrics:
        return build_app(platform, options), options
    metrics = Metrics(platform, counting or measures(processes=1), number)
    options = attrs.evolve(options, observer=metrics.counter.answered, metrics=metrics.page)
    app = build_app(platform, options)
    if metrics.is_one_of_many:
        app.cleanup_ctx.append(metrics.telling)
    return app, options
