"""Where settings come from.

Later wins: default, file, environment, option. The file is `platform-core.toml` in the working folder, or the one that
`--config` or `PLATFORM_CORE_CONFIG` names. The variable of `server.port` is `PLATFORM_CORE_SERVER_PORT`; a secret,
or an address with a password in it, may instead be in a file that `PLATFORM_CORE_SECRET_KEY_FILE` names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import typed_settings as ts
from attrs import frozen
from typed_settings.dict_utils import merge_settings, set_path
from typed_settings.exceptions import InvalidOptionsError, TsError
from typed_settings.types import LoadedSettings, LoaderMeta, OptionInfo, OptionList, SettingsDict

from entrypoints.settings import BadSettings, Settings

PREFIX = "PLATFORM_CORE_"
CONFIG_VARIABLE = "PLATFORM_CORE_CONFIG"
CONFIG_FILE = "platform-core.toml"
#: Whatever stands between `user:` and the last `@` of a word. A password may have blanks in it, but a port has none.
_IN_ADDRESS = re.compile(r"(://[^\s:@]*:)(?:\S*@|(?!:|\d+(?:[^\w\s]|$))[^@\n]*@)")
_IN_QUERY = re.compile(r"([?&](?:ssl)?password=)[^&#\s]*", re.IGNORECASE)


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


#: Settings that are groups of settings.
_GROUPS: Mapping[str, Callable[..., Any]] = {
    field.name: field.type
    for field in attrs.fields(attrs.resolve_types(Settings))
    if field.type is not None and attrs.has(field.type)
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
