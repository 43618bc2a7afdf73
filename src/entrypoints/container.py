"""The composition root: which adapter stands behind each port, as the settings say. No other file knows the injector.

Nothing here is opened: whoever runs the platform opens its store and closes it (`running`).
"""

from __future__ import annotations

import os
import platform as platform_of_python
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import urlsplit

from dependency_injector import containers, providers

from adapters.clock import SystemClock
from adapters.codec import Sealer
from adapters.ids import SystemIds
from entrypoints import policies
from entrypoints.gateways import gateway, merchant, readers
from entrypoints.http_options import base_url, http_options
from entrypoints.keeping import beside_data, with_secrets
from entrypoints.loading import without_password
from entrypoints.settings import BadSettings, Settings
from platform_core.assist.ports import Assistant
from platform_core.content.ports import Media
from platform_core.kernel.errors import Unavailable
from platform_core.kernel.ports import Clock
from platform_core.kernel.secret import Secret
from platform_core.ledger.fees import FeePolicy
from platform_core.marketplace.ports import Typesetter
from platform_core.payments.ports import PaymentGateway
from platform_core.platform import Platform, Storage
from platform_core.streams.ports import IceServers

if TYPE_CHECKING:
    from aiohttp import web

    from adapters.fanout.port import Fanout
    from adapters.security.jwt import JoseTokens
    from adapters.security.passwords import Argon2Passwords
    from adapters.vitals import WatchedVitals
    from entrypoints.http.kit.options import HttpOptions
    from entrypoints.metrics.measures import Measures


def _store(settings: Settings, sealer: Sealer) -> Storage:
    from adapters.stores import make_store

    return make_store(settings.database_url, sealer)


def _clock(store: Storage) -> Clock:
    """The time: the store's own where several machines share one, so that they agree on what is over."""
    own: Clock | None = getattr(store, "clock", None)
    return own or SystemClock()


def _sealer(settings: Settings) -> Sealer:
    from adapters.security.sealer import FernetSealer

    return FernetSealer(settings.secret_key)


def _passwords(settings: Settings) -> Argon2Passwords:
    from adapters.security.passwords import Argon2Passwords

    cost = settings.passwords
    return Argon2Passwords(cost.memory_kib, cost.passes, cost.lanes, cost.jobs)


@runtime_checkable
class _Closes(Protocol):
    async def close(self) -> None:
        """Let go of everything."""


def _gateway(settings: Settings, clock: Clock) -> PaymentGateway:
    return gateway(settings, clock, base_url(settings))


def _assist(settings: Settings) -> Assistant:
    from adapters.assist import local_assistant

    try:
        from adapters.assist.pictures import WebPictures
    except ImportError:  # The command line alone has no HTTP client, and fetches nothing.
        return local_assistant()
    local, chosen = local_assistant(pictures=WebPictures()), settings.assist
    if not chosen.api_url:
        return local
    if urlsplit(chosen.api_url).scheme not in ("http", "https"):
        raise BadSettings(f"assist.api_url: {chosen.api_url!r} is not an http or https address")
    from adapters.assist.openai_http import ApiOptions, ModelApi, api_assistant

    key = Secret(chosen.api_key)
    options = ApiOptions(url=chosen.api_url, key=key, model=chosen.model, budget=chosen.budget)
    return api_assistant(ModelApi(options), local)


def _typesetter() -> Typesetter:
    from adapters.documents import local_typesetter

    return local_typesetter()


def _ice(settings: Settings) -> IceServers:
    from adapters.ice import ConfiguredIce

    ice = settings.ice
    try:
        return ConfiguredIce(stun=ice.stun, turn=ice.turn, secret=ice.turn_secret, seconds=ice.turn_seconds)
    except ValueError as error:
        raise BadSettings(f"ice: {error}") from error


def _media(settings: Settings, clock: Clock) -> Media:
    from adapters.security.sealer import derive_key
    from entrypoints.media import make_media

    # As with cursors: without a secret the links of this process are good for this process.
    key = derive_key(settings.secret_key or secrets.token_hex(), "media links")
    beside = beside_data(settings, "media")
    return make_media(settings.media, folder=beside, key=key, base_url=base_url(settings), clock=clock)


def _tokens(settings: Settings) -> JoseTokens:
    from adapters.security.jwt import JoseTokens
    from adapters.security.sealer import derive_key

    return JoseTokens(derive_key(settings.veza.jwt_secret or settings.secret_key, "veza tokens"))


def _key_pepper(settings: Settings) -> bytes:
    from adapters.security.sealer import derive_key

    return derive_key(settings.secret_key, "api keys")


def _fingerprint_key(settings: Settings) -> bytes:
    from adapters.security.sealer import derive_key

    return derive_key(settings.secret_key, "fingerprint")


def _vitals(settings: Settings, store: Storage, media: Media, fees: FeePolicy) -> WatchedVitals:
    from entrypoints.vitals import make_vitals

    return make_vitals(settings, store=store, media=media.store, fees=fees)


def _worker() -> str:
    # Asked for in the process itself: one that was forked shares what was decided before. Containers have one name and
    # one process number often enough.
    return f"{platform_of_python.node()}-{os.getpid()}-{secrets.token_hex(4)}"


class Container(containers.DeclarativeContainer):
    """Every part of one process, made when it is first asked for."""

    settings = providers.Dependency(instance_of=Settings)
    worker = providers.Singleton(_worker)
    ids = providers.Singleton(SystemIds)
    sealer = providers.Singleton(_sealer, settings)
    store = providers.Singleton(_store, settings, sealer)
    clock = providers.Singleton(_clock, store)
    passwords = providers.Singleton(_passwords, settings)
    gateway = providers.Singleton(_gateway, settings, clock)
    media = providers.Singleton(_media, settings, clock)
    tokens = providers.Singleton(_tokens, settings)
    fees = providers.Singleton(policies.fees, settings)
    vitals = providers.Singleton(_vitals, settings, store, media, fees)
    platform = providers.Singleton(
        Platform,
        store=store,
        clock=clock,
        ids=ids,
        passwords=passwords,
        gateway=gateway,
        catalogue=providers.Singleton(policies.catalogue, settings),
        booking_policy=providers.Singleton(policies.bookings, settings),
        fees=fees,
        ice=providers.Singleton(_ice, settings),
        media=media,
        fingerprint_key=providers.Singleton(_fingerprint_key, settings),
        worker=worker,
        assist=providers.Singleton(_assist, settings),
        merchant=providers.Singleton(merchant, settings, clock),
        readers=providers.Singleton(readers, settings, clock),
        payouts=providers.Singleton(policies.payouts, settings),
        typesetter=providers.Singleton(_typesetter),
        tokens=tokens,
        key_pepper=providers.Singleton(_key_pepper, settings),
        vitals=vitals,
    )


def build(settings: Settings, *, keep_secrets: bool = True) -> Container:
    """The parts as these settings want them, the store not open yet.

    Args:
        settings: What they are made from.
        keep_secrets: Whether secrets that are made up are written down.

    Raises:
        BadSettings: A setting cannot be used.
    """
    return Container(settings=with_secrets(settings, keep=keep_secrets))


@contextmanager
def reaching_database() -> Iterator[None]:
    """For first contact with a database: what its driver says against it is a refusal, not a fault of this program.

    Raises:
        Unavailable: It cannot be used: no such database, a wrong password, a file of another kind.
    """
    try:
        yield
    except Exception as error:
        # Drivers are optional, so their errors are told by where they come from.
        if type(error).__module__.partition(".")[0] not in ("asyncpg", "sqlalchemy", "sqlite3"):
            raise
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        raise Unavailable(f"the database cannot be used: {without_password(said)}") from error


@asynccontextmanager
async def running(
    settings: Settings, *, wrap: Callable[[Storage], Storage] | None = None, keep_secrets: bool = True
) -> AsyncIterator[Platform]:
    """The platform with its store open, for as long as the block lasts.

    Args:
        settings: What it is made from.
        wrap: Put around the store.
        keep_secrets: Whether secrets that are made up are written down.
    """
    container = build(settings, keep_secrets=keep_secrets)
    if wrap is not None:
        container.store.override(providers.Object(wrap(container.store())))
    store: Storage = container.store()
    async with AsyncExitStack() as held:  # Let go of in the opposite order, each whatever became of the others.
        held.callback(container.passwords().close)
        held.push_async_callback(container.media().close)
        held.push_async_callback(container.vitals().close)
        with reaching_database():
            await store.open()
        held.push_async_callback(store.close)
        platform: Platform = container.platform()
        for part in (platform.merchant, platform.gateway):
            if isinstance(part, _Closes):
                held.push_async_callback(part.close)
        yield platform


def application(
    platform: Platform, settings: Settings, *, counting: Measures | None = None, number: int = 0
) -> web.Application:
    """The HTTP application over an open platform, realtime included.

    Args:
        platform: What is served.
        settings: All settings.
        counting: Where all processes of this server count; this process counts for itself when None.
        number: Which of them this is.
    """
    from entrypoints.realtime.door import add_realtime

    app, options = _http_application(platform, settings, counting, number)
    if settings.server.realtime:
        add_realtime(app, platform, options, announcing(platform, settings), closed=_deaf(settings))
    return app


def announcing(platform: Platform, settings: Settings) -> Fanout:
    """What takes words to all processes, told of what happens as often as this process delivers events.

    Raises:
        BadSettings: Redis has no address.
    """
    from entrypoints.realtime.announcer import Announcer

    fanout = _fanout(settings)
    Announcer(platform, fanout).attach()
    return fanout


def _fanout(settings: Settings) -> Fanout:
    from adapters.fanout.memory import LocalFanout

    if not settings.redis_url:
        return LocalFanout()
    from adapters.fanout.redis import RedisFanout

    try:
        return RedisFanout(settings.redis_url)
    except ValueError:
        raise BadSettings("redis_url: is not redis://host:port/0") from None


def _deaf(settings: Settings) -> str | None:
    """Why the clients of one process would not hear what happens in another, if they would not."""
    if settings.redis_url or (settings.server.workers == 1 and settings.background):
        return None
    return "realtime with several processes needs redis_url"


def _http_application(
    platform: Platform, settings: Settings, counting: Measures | None, number: int
) -> tuple[web.Application, HttpOptions]:
    from entrypoints.limiting import limiter
    from entrypoints.measuring import measured

    if not settings.redis_url:
        return measured(platform, settings, http_options(settings, limiter(platform.store)), counting, number)
    from adapters.redis.windows import RedisWindows
    from entrypoints.http.kit.limits import SharedLimiter

    try:
        windows = RedisWindows(settings.redis_url)
    except ValueError:
        raise BadSettings("redis_url: is not redis://host:port/0") from None
    limited = http_options(settings, SharedLimiter(windows))
    app, options = measured(platform, settings, limited, counting, number)

    async def close(_: web.Application) -> None:
        await windows.close()

    app.on_cleanup.append(close)
    return app, options
