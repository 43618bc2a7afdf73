"""Every setting of the server and its tools, typed, with where each value came from.

Later wins: default, file, environment, option. The file is `platform-core.toml` in the working folder, or the one that
`--config` or `PLATFORM_CORE_CONFIG` names. The variable of `server.port` is `PLATFORM_CORE_SERVER_PORT`; a secret,
or an address with a password in it, may instead be in a file that `PLATFORM_CORE_SECRET_KEY_FILE` names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import typed_settings as ts
from attrs import frozen
from typed_settings.constants import METADATA_KEY
from typed_settings.dict_utils import merge_settings, set_path
from typed_settings.exceptions import InvalidOptionsError, TsError
from typed_settings.types import LoadedSettings, LoaderMeta, OptionInfo, OptionList, SettingsDict

PREFIX = "PLATFORM_CORE_"
CONFIG_VARIABLE = "PLATFORM_CORE_CONFIG"
CONFIG_FILE = "platform-core.toml"
#: Whatever stands between `user:` and the last `@` of a word. A password may have blanks in it, but a port has none.
_IN_ADDRESS = re.compile(r"(://[^\s:@]*:)(?:\S*@|(?!:|\d+(?:[^\w\s]|$))[^@\n]*@)")
_IN_QUERY = re.compile(r"([?&](?:ssl)?password=)[^&#\s]*", re.IGNORECASE)
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
        choices=("", "teezu"),
    )
    base_url: str = _option("", "The address clients use, for links; `http://host:port` when empty.")
    allowed_hosts: tuple[str, ...] = _option(
        (), "Host names answered to; in development all when empty, in production that of `base_url`."
    )
    cors_origins: tuple[str, ...] = _option((), "Web origins that may call the API from a browser, exactly as sent.")
    trusted_proxies: tuple[str, ...] = _option(
        (), "Addresses or networks of reverse proxies whose X-Forwarded-For is believed."
    )
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

    tip: int = _option(0, "Share of a tip, in basis points (hundredths of a per cent).", low=0, high=10_000)
    capture: int = _option(0, "Share of a captured hold, in basis points.", low=0, high=10_000)
    unlock: int = _option(0, "Share of an unlocked content item, in basis points.", low=0, high=10_000)
    subscription: int = _option(0, "Share of a subscription, in basis points.", low=0, high=10_000)


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
        "Redis that counts requests for all processes, as `redis://host:port/0`. When empty each process counts its "
        "own, except attempts to sign in or up, messages and uploads, which the database counts.",
    )
    payments: str = _option(
        "",
        "The payment provider. When empty `fake`, which takes no money, in development, and none in production.",
        choices=("", "fake", "none"),
    )
    secret_key: str = _option(
        "", "Seals what is kept secret in the store. In production at least 32 characters.", secret=True
    )
    webhook_secret: str = _option(
        "",
        "Signs and checks payment messages. In production at least 32 characters, where `payments` names a provider.",
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
    media: Media = Media()
    log: Log = Log()

    @property
    def production(self) -> bool:
        """Whether this runs in production."""
        return self.environment == "production"


@frozen
class Loaded:
    """Settings, and where each came from.

    Args:
        settings: The values.
        origins: Setting (`server.port`) to `default`, a file's path, a variable's name, or an option's name.
    """

    settings: Settings
    origins: Mapping[str, str]

    def with_options(self, options: Mapping[str, tuple[str, object]]) -> Loaded:
        """The same with options on top: setting to the option's name and its value.

        Raises:
            BadSettings: A value cannot be used.
        """
        values: SettingsDict = {}
        for option in OPTIONS:
            set_path(values, option.path, value_of(self.settings, option.path))
        origins = {**self.origins, **{path: name for path, (name, _) in options.items()}}
        base = LoadedSettings(values, LoaderMeta("loaded"))
        return Loaded(_convert([base, *_given(options)], origins), origins)


_GROUPS: Mapping[str, Callable[..., Any]] = {
    "server": Server,
    "limits": Limits,
    "passwords": Passwords,
    "fees": Fees,
    "media": Media,
    "log": Log,
}

OPTIONS: OptionList = ts.SettingsState(Settings, (), (), ts.default_converter(), Path()).options


def variable(path: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + path.replace(".", "_").upper()


def in_file(option: OptionInfo) -> bool:
    """Whether its value may be in a file of its own: secrets, and addresses that have a password in them."""
    return option.is_secret or option.path in ("database_url", "redis_url")


def value_of(settings: Settings, path: str) -> object:
    """The value of a setting by its dotted name."""
    value: object = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value


def load(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    options: Mapping[str, tuple[str, object]] | None = None,
) -> Loaded:
    """Read all settings.

    Args:
        file: The file named by `--config`; it must exist.
        environment: The environment's variables; this process's own by default.
        options: Setting to the option's name and its value.

    Raises:
        BadSettings: A value cannot be used, or a file cannot be read.
    """
    given = os.environ if environment is None else environment
    layers = [*_defaults(), *_file(file, given), *_environment(given), *_given(options or {})]
    origins = {}
    for option in OPTIONS:
        for layer in layers:
            if _has(layer.settings, option.path):
                origins[option.path] = layer.meta.name
    return Loaded(_convert(layers, origins), origins)


def without_password(text: str) -> str:
    """A URL, or a text with URLs in it, with `***` for the password of each."""
    return _IN_QUERY.sub(r"\1***", _IN_ADDRESS.sub(r"\1***@", text))


def unknown_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """Variables that look like settings and are none: likely typing errors."""
    known = {variable(option.path) for option in OPTIONS} | {CONFIG_VARIABLE}
    known |= {variable(option.path) + "_FILE" for option in OPTIONS if in_file(option)}
    given = os.environ if environment is None else environment
    return sorted(name for name in given if name.startswith(PREFIX) and name not in known)


# ---- layers


def _defaults() -> Iterable[LoadedSettings]:
    values: SettingsDict = {}
    for option in OPTIONS:
        set_path(values, option.path, option.default)
    yield LoadedSettings(values, LoaderMeta("default"))


def _file(named: Path | None, environment: Mapping[str, str]) -> Iterable[LoadedSettings]:
    wanted = named or (Path(environment[CONFIG_VARIABLE]) if environment.get(CONFIG_VARIABLE) else None)
    path = wanted or Path(CONFIG_FILE)
    if not path.exists():
        if wanted is None:
            return
        raise BadSettings(f"{path}: there is no such file")
    loader = ts.FileLoader(formats={"*": ts.TomlFormat(None)}, files=[f"!{path}"])
    try:
        for layer in loader(Settings, OPTIONS):
            yield LoadedSettings(layer.settings, LoaderMeta(str(path)))
    except InvalidOptionsError as error:
        raise BadSettings(f"{path}: no such setting: {str(error).rpartition(': ')[2]}") from error
    except (TsError, OSError) as error:
        raise BadSettings(f"{path}: {' '.join(str(error).split())}") from error


def _environment(environment: Mapping[str, str]) -> Iterable[LoadedSettings]:
    for option in OPTIONS:
        name = variable(option.path)
        if name in environment:
            yield _single(option, environment[name], name)
        elif in_file(option) and environment.get(name + "_FILE"):
            file = Path(environment[name + "_FILE"])
            try:
                yield _single(option, file.read_text().strip(), name + "_FILE")
            except OSError as error:
                raise BadSettings(f"{option.path}: {file} cannot be read: {error.strerror} ({name}_FILE)") from error


def _given(options: Mapping[str, tuple[str, object]]) -> Iterable[LoadedSettings]:
    by_path = {option.path: option for option in OPTIONS}
    for path, (name, value) in options.items():
        yield _single(by_path[path], value, name)


def _single(option: OptionInfo, value: object, origin: str) -> LoadedSettings:
    values: SettingsDict = {}
    set_path(values, option.path, value)
    return LoadedSettings(values, LoaderMeta(origin))


def _has(values: SettingsDict, path: str) -> bool:
    inner: Any = values
    for name in path.split("."):
        if not isinstance(inner, Mapping) or name not in inner:
            return False
        inner = inner[name]
    return True


# ---- checking


def _convert(layers: Iterable[LoadedSettings], origins: Mapping[str, str]) -> Settings:
    values: SettingsDict = {}
    for path, loaded in merge_settings(OPTIONS, list(layers)).items():
        option = next(option for option in OPTIONS if option.path == path)
        try:
            value = _typed(option, loaded.value)
            _check(option, value)
        except ValueError as error:
            shown = "" if option.is_secret else without_password(f"{loaded.value!r} ")
            raise BadSettings(f"{path}: {shown}{error} (set by {origins[path]})") from error
        set_path(values, path, value)
    arguments: dict[str, Any] = {**values, **{name: group(**values[name]) for name, group in _GROUPS.items()}}
    return Settings(**arguments)


def _typed(option: OptionInfo, value: object) -> object:
    if option.cls is str:
        if isinstance(value, str):
            return value
        raise ValueError("is not a text")
    if option.cls is int:
        return _whole_number(value)
    if option.cls is bool:
        return _truth(value)
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise ValueError("is not a list of texts")


def _whole_number(value: object) -> int:
    # Python takes more for a number than a person means by it: True, 8080.9, "8_0", "٨".
    if type(value) is int:
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value.strip()):
        return int(value)
    raise ValueError("is not a whole number")


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise ValueError("is neither true nor false")


def _check(option: OptionInfo, value: Any) -> None:
    rules = option.metadata.get("rules", {})
    if (choices := rules.get("choices")) and value not in choices:
        raise ValueError(f"is not one of {', '.join(choice or 'nothing' for choice in choices)}")
    if "low" in rules and not rules["low"] <= value <= rules["high"]:
        raise ValueError(f"is not from {rules['low']} to {rules['high']}")
