"""Every setting of the server and its tools, typed."""

from __future__ import annotations

from typing import Any, TypeVar

import typed_settings as ts
from attrs import frozen
from typed_settings.constants import METADATA_KEY

WEAK = frozenset({"changeme", "change-me", "default", "dev", "password", "secret", "test"})
SHORTEST_SECRET = 32

T = TypeVar("T")


class BadSettings(Exception):
    """A setting cannot be used; the message is one line that names it and where it was set."""


def _option(default: T, about: str, **rules: Any) -> T:
    """A setting.

    Args:
        default: Its value when nobody sets it.
        about: What it is for, with its unit.
        rules: `choices`, or `low` and `high`, both allowed.
    """
    if rules.pop("secret", False):
        return ts.secret(default=default, help=about, metadata={METADATA_KEY: {"rules": rules}})
    return ts.option(default=default, help=about, metadata={METADATA_KEY: {"rules": rules}})


@frozen(kw_only=True)
class Server:
    """The HTTP server."""

    host: str = _option("127.0.0.1", "Address to listen on.")
    port: int = _option(8080, "Port to listen on; 0 takes a free one.", low=0, high=65535)
    workers: int = _option(1, "Server processes that share the port.", low=1, high=256)
    api: str = _option(
        "",
        "The one API to serve, at the root as well as under its prefix; when empty all of them, each under its prefix.",
        choices=("", "teezu", "veza"),
    )
    base_url: str = _option("", "The address clients use, for links; `http://host:port` when empty.")
    allowed_hosts: tuple[str, ...] = _option(
        (), "Host names answered to; in development all when empty, in production that of `base_url`."
    )
    cors_origins: tuple[str, ...] = _option((), "Web origins that may call the API from a browser, exactly as sent.")
    trusted_proxies: tuple[str, ...] = _option(
        (), "Addresses or networks of reverse proxies whose X-Forwarded-For is believed."
    )
    realtime: bool = _option(
        True, "Whether Socket.IO is served. Several processes, or background work elsewhere, need `redis_url` for it."
    )
    metrics: bool = _option(True, "Whether figures for Prometheus are counted, and served at `/metrics`.")
    metrics_token: str = _option(
        "",
        "What operators send as a bearer token for `/metrics` and the deep health check. In production at least 32 "
        "characters, and both are closed without it; in development both are open without it.",
        secret=True,
    )
    health_details: bool = _option(False, "Whether the deep health check tells figures, such as free room on the disk.")
    docs: bool = _option(True, "Whether the documentation pages and the OpenAPI documents are served.")
    max_body: int = _option(262_144, "Largest request body without files, in bytes.", low=1024, high=1 << 30)
    header_timeout: int = _option(10, "Seconds a client may take to send its headers.", low=1, high=3600)
    body_timeout: int = _option(10, "Seconds a body may take before it must keep a pace of 1 KiB/s.", low=1, high=3600)
    keepalive_timeout: int = _option(75, "Seconds an idle connection is kept.", low=1, high=3600)
    shutdown_timeout: int = _option(30, "Seconds that requests under way get to finish at shutdown.", low=0, high=3600)
    connections_per_ip: int = _option(
        100, "Connections one address may hold at once in each process; 0 for no limit.", low=0, high=1_000_000
    )


@frozen(kw_only=True)
class Limits:
    """How many requests a caller may make."""

    default_per_minute: int = _option(
        100, "Requests per minute and user; per address where nobody is signed in.", low=1, high=10_000_000
    )
    money_per_minute: int = _option(100, "Requests that move money, per minute and user.", low=1, high=10_000_000)
    auth_per_minute: int = _option(
        20, "Logins and refreshes per minute and address; per user where somebody is signed in.", low=1, high=10_000_000
    )
    register_per_minute: int = _option(
        5, "Registrations per minute and address; per user where somebody is signed in.", low=1, high=10_000_000
    )
    messages_per_10_seconds: int = _option(5, "Messages a user may send in 10 seconds.", low=1, high=10_000_000)
    uploads_per_minute: int = _option(10, "Files a creator may upload in a minute.", low=1, high=10_000_000)


@frozen(kw_only=True)
class Passwords:
    """How passwords are hashed, with Argon2id."""

    memory_kib: int = _option(19_456, "Memory per hash, in KiB.", low=8, high=4_194_304)
    passes: int = _option(2, "Passes over that memory.", low=1, high=64)
    lanes: int = _option(1, "Threads per hash.", low=1, high=64)
    jobs: int = _option(2, "Hashes made at once in each process.", low=1, high=256)


@frozen(kw_only=True)
class Fees:
    """The platform's share, per kind of journal entry."""

    sale: int = _option(
        1000,
        "Share of what sellers sell, tax not counted, in basis points (hundredths of a per cent).",
        low=0,
        high=10_000,
    )
    tip: int = _option(0, "Share of a tip, in basis points (hundredths of a per cent).", low=0, high=10_000)
    capture: int = _option(0, "Share of a captured hold, in basis points.", low=0, high=10_000)
    stream_entry: int = _option(0, "Share of entry to a premium stream, in basis points.", low=0, high=10_000)
    unlock: int = _option(0, "Share of an unlocked content item, in basis points.", low=0, high=10_000)
    subscription: int = _option(0, "Share of a subscription, in basis points.", low=0, high=10_000)


@frozen(kw_only=True)
class Bookings:
    """How much time those who book and are booked have."""

    lead_minutes: int = _option(120, "A provider must confirm so many minutes before the start.", low=0, high=43_200)
    completes_after_hours: int = _option(
        48, "Hours after its end when a booking nobody disputes is paid.", low=1, high=2160
    )
    dispute_days: int = _option(60, "Days until a dispute nobody decides lapses.", low=1, high=365)
    review_days: int = _option(7, "Days in which a customer may review a completed booking.", low=1, high=365)


@frozen(kw_only=True)
class Ice:
    """How the browsers of a live stream reach each other."""

    stun: tuple[str, ...] = _option(
        (), "STUN servers, each `stun:host:port`. Browsers on other networks than the host's need one."
    )
    turn: tuple[str, ...] = _option(
        (), "TURN servers, each `turn:host:port`, `turns:host:port` or with `?transport=tcp`; `turn_secret` goes along."
    )
    turn_secret: str = _option(
        "", "The secret shared with the TURN servers (coturn: `static-auth-secret`).", secret=True
    )
    turn_seconds: int = _option(3600, "Seconds a user's TURN credential is good for.", low=60, high=3600)


@frozen(kw_only=True)
class Assist:
    """The model behind mood, matching and generation; small local ones without it, and whenever it fails."""

    api_url: str = _option("", "Base of an OpenAI-compatible HTTP API, as `https://api.openai.com/v1`.")
    api_key: str = _option("", "Its key.", secret=True)
    model: str = _option("gpt-4o-mini", "The model's name there.")
    budget: int = _option(20_000, "Tokens each process may use there in a minute.", low=0, high=1_000_000_000)


@frozen(kw_only=True)
class Payments:
    """Who takes the money."""

    provider: str = _option(
        "",
        "The payment provider. When empty `fake`, which takes no money, in development, and none in production.",
        choices=("", "fake", "none", "stripe"),
    )
    stripe_key: str = _option("", "Secret key of the Stripe account. In production a live one.", secret=True)
    stripe_webhook_secret: str = _option(
        "",
        "Signing secrets of the Stripe webhook endpoints, with commas between: that of the account, that of the "
        "connected accounts if there is one, and both the old and the new while one is rotated.",
        secret=True,
    )
    stripe_methods: tuple[str, ...] = _option(
        ("card",), "Ways to pay that the Stripe account has turned on: some of `card`, `ideal`, `crypto`."
    )
    stripe_return_url: str = _option("", "Where Stripe sends buyers afterwards; `server.base_url` when empty.")
    stripe_url: str = _option("", "Where Stripe's API is; its own address when empty.")
    stripe_connect: bool = _option(
        False, "Whether sellers are paid through Stripe Connect, which the account must have turned on."
    )
    hyperswitch_secret: str = _option(
        "",
        "Signing secret of Hyperswitch's messages; two, with a comma between, while it is rotated. In development "
        "`webhook_secret` when empty; in production no message of it is taken then.",
        secret=True,
    )
    hyperswitch_headers: tuple[str, ...] = _option(
        ("x-webhook-signature-512:sha512", "x-webhook-signature-256:sha256", "x-hyperswitch-signature:sha512"),
        "Headers its signature may come in, best first, each `name:sha512` or `name:sha256`.",
    )
    hyperswitch_events: tuple[str, ...] = _option(
        (),
        "What its events say, where that differs from what is known: each `name:outcome`, such as "
        "`payment_captured:succeeded`, or `name:ignored`.",
    )


@frozen(kw_only=True)
class Payouts:
    """When money is sent to sellers, and when it is tried again."""

    delay_days: int = _option(0, "Days between a payment and the earliest transfer of it.", low=0, high=365)
    base_seconds: int = _option(60, "Longest pause after the first failure, in seconds.", low=1, high=86_400)
    factor: int = _option(4, "How much longer each pause is than the one before.", low=2, high=100)
    cap_seconds: int = _option(21_600, "Longest pause of all, in seconds.", low=1, high=604_800)
    max_attempts: int = _option(8, "Failures until a transfer is left to an admin.", low=1, high=1000)
    return_url: str = _option("", "Where sellers come back to from the provider's pages; `server.base_url` when empty.")


@frozen(kw_only=True)
class Media:
    """Uploaded files: where they are kept, and what is taken."""

    store: str = _option("folder", "Where files are kept.", choices=("folder", "s3", "none"))
    folder: str = _option("", "The folder; beside the database file, or in this user's state folder, when empty.")
    s3_bucket: str = _option("", "The bucket, which must be there already.")
    s3_endpoint: str = _option("", "Address of a server that speaks the S3 API; Amazon's own when empty.")
    s3_region: str = _option("us-east-1", "The bucket's region.")
    s3_prefix: str = _option("", "Below which key of the bucket everything is kept; ends with a slash.")
    s3_access_key: str = _option("", "Key of the S3 account; that of the environment when empty.", secret=True)
    s3_secret_key: str = _option("", "Secret of that key.", secret=True)
    image_bytes: int = _option(10 * 2**20, "Largest picture, in bytes.", low=1024, high=1 << 30)
    video_bytes: int = _option(500 * 2**20, "Largest video, in bytes.", low=1024, high=1 << 40)
    audio_bytes: int = _option(100 * 2**20, "Largest sound, in bytes.", low=1024, high=1 << 40)
    video_seconds: int = _option(3600, "Longest video, in seconds.", low=1, high=86_400)
    audio_seconds: int = _option(7200, "Longest sound, in seconds.", low=1, high=86_400)
    items_per_creator: int = _option(10_000, "Items a creator may have at once.", low=1, high=10**9)
    bytes_per_creator: int = _option(50 * 2**30, "Bytes a creator's items may have together.", low=1024, high=1 << 50)
    link_seconds: int = _option(300, "Seconds a link to a file is good, at most.", low=120, high=3600)
    keep_deleted_hours: int = _option(24, "Hours until the files of a deleted item are purged.", low=0, high=8760)
    jobs: int = _option(2, "Files worked on at once in each process.", low=1, high=64)
    refused_words: tuple[str, ...] = _option((), "Words in a caption that have an item rejected.")
    held_words: tuple[str, ...] = _option(
        (), "Words in a caption that have somebody look first; `*` has everything looked at."
    )


@frozen(kw_only=True)
class Veza:
    """The Veza API."""

    jwt_secret: str = _option(
        "", "Signs its access and refresh tokens; a key derived from `secret_key` when empty.", secret=True
    )


@frozen(kw_only=True)
class Log:
    """What is logged, on standard error."""

    level: str = _option("info", "The least that is logged.", choices=("debug", "info", "warning", "error"))
    format: str = _option("auto", "`auto` is text on a terminal and JSON elsewhere.", choices=("auto", "text", "json"))


@frozen(kw_only=True)
class Settings:
    """All settings."""

    environment: str = _option(
        "development", "Whether missing secrets are made up or refused.", choices=("development", "production")
    )
    database_url: str = _option(
        "sqlite:///platform-core.db",
        "Where everything is kept: `sqlite:///file`, `postgresql://user@host/name` or `memory:`.",
    )
    redis_url: str = _option(
        "",
        "Redis that counts requests for all processes and takes realtime events to all of them, as "
        "`redis://host:port/0`. When empty each process counts its own, except attempts to sign in or up, messages and "
        "uploads, which the database counts; and realtime is for one process.",
    )
    secret_key: str = _option(
        "", "Seals what is kept secret in the store. In production at least 32 characters.", secret=True
    )
    webhook_secret: str = _option(
        "",
        "Signs and checks the payment messages of the fake provider.",
        secret=True,
    )
    require_idempotency_key: bool = _option(
        False, "Whether every request that changes something, signing in or up too, must carry Idempotency-Key."
    )
    background: bool = _option(True, "Whether `serve` does the background work too.")
    packages: tuple[str, ...] = _option(
        ("pkg_100:100:999:EUR", "pkg_500:500:4499:EUR", "pkg_1000:1000:8499:EUR", "pkg_5000:5000:39999:EUR"),
        "Token packages on sale, each `id:tokens:price:currency` with the price in minor units.",
    )
    server: Server = Server()
    limits: Limits = Limits()
    passwords: Passwords = Passwords()
    fees: Fees = Fees()
    bookings: Bookings = Bookings()
    assist: Assist = Assist()
    payments: Payments = Payments()
    payouts: Payouts = Payouts()
    ice: Ice = Ice()
    media: Media = Media()
    veza: Veza = Veza()
    log: Log = Log()

    @property
    def production(self) -> bool:
        """Whether this runs in production."""
        return self.environment == "production"
