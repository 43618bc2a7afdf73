"""Settings: what wins, what is refused, what is kept secret."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from attrs import evolve

from entrypoints import container, policies
from entrypoints.cli.database import prepare
from entrypoints.cli.settings_page import page
from entrypoints.http_options import http_options
from entrypoints.keeping import with_secrets
from entrypoints.loading import OPTIONS, load, unknown_variables, value_of, variable, without_password
from entrypoints.settings import BadSettings, Payments, Settings, Veza
from platform_core.identity.ports import Claims, TokenKind

ROOT = Path(__file__).parents[2]
STRONG = "b7xQ0v-9Zk2mWc5rT8yLp3nHs6dGf1aJ"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


SOURCES = ("default", "file", "environment", "option")


@pytest.mark.parametrize(
    "given", [set(some) for count in range(4) for some in combinations(SOURCES[1:], count)], ids=sorted
)
def test_later_sources_win(given: set[str]) -> None:
    values = {"default": 8080, "file": 1111, "environment": 2222, "option": 3333}
    if "file" in given:
        Path("platform-core.toml").write_text("[server]\nport = 1111\n")
    environment = {"PLATFORM_CORE_SERVER_PORT": "2222"} if "environment" in given else {}
    options = {"server.port": ("--port", "3333")} if "option" in given else {}

    loaded = load(environment=environment, options=options)

    winner = next(source for source in reversed(SOURCES) if source in given or source == "default")
    origin = {"file": "platform-core.toml", "environment": "PLATFORM_CORE_SERVER_PORT", "option": "--port"}
    assert loaded.settings.server.port == values[winner]
    assert loaded.origins["server.port"] == origin.get(winner, "default")
    assert loaded.origins["server.host"] == "default"


def test_the_file_is_named_by_an_option_before_the_environment() -> None:
    for name in ("one", "two"):
        Path(f"{name}.toml").write_text(f'redis_url = "{name}"\n')

    environment = {"PLATFORM_CORE_CONFIG": "one.toml"}
    assert load(environment=environment).settings.redis_url == "one"
    assert load(Path("two.toml"), environment=environment).settings.redis_url == "two"


def test_every_setting_can_come_from_the_environment() -> None:
    texts: dict[str, str] = {}
    for option in OPTIONS:
        rules = option.metadata["rules"]
        if "choices" in rules:
            texts[option.path] = rules["choices"][-1]
        elif option.cls in (int, bool):
            texts[option.path] = "1" if option.cls is bool else str(rules["high"])
        else:
            texts[option.path] = "sqlite:///x"

    loaded = load(environment={variable(path): text for path, text in texts.items()})

    for path, text in texts.items():
        value = value_of(loaded.settings, path)
        assert loaded.origins[path] == variable(path)
        shown = str(int(value)) if isinstance(value, bool) else str(value)
        assert value == (text,) if isinstance(value, tuple) else shown == text


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("server.port", "80a"),
        ("server.port", "65536"),
        ("server.port", "٨٠"),
        ("server.port", "8_0"),
        ("server.workers", "0"),
        ("server.api", "zoo"),
        ("background", "maybe"),
        ("environment", "staging"),
        ("fees.tip", "10001"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_with_its_name_and_origin(setting: str, text: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(environment={variable(setting): text})

    message = str(refused.value)
    assert message.startswith(f"{setting}: ")
    assert variable(setting) in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "text", ["port = 1", "[server]\nprot = 1", "[server\n", "[server]\nport = true", "background = 1.5"]
)
def test_a_bad_file_is_refused_in_one_line(text: str) -> None:
    Path("platform-core.toml").write_text(text)

    with pytest.raises(BadSettings) as refused:
        load(environment={})

    assert "platform-core.toml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_named_must_be_there() -> None:
    with pytest.raises(BadSettings, match=r"nope\.toml: there is no such file"):
        load(Path("nope.toml"), environment={})


def test_what_is_secret_may_come_from_a_file_of_its_own() -> None:
    Path("key").write_text(f"{STRONG}\n")

    loaded = load(environment={"PLATFORM_CORE_SECRET_KEY_FILE": "key", "PLATFORM_CORE_DATABASE_URL_FILE": "key"})

    assert loaded.settings.secret_key == loaded.settings.database_url == STRONG
    assert loaded.origins["secret_key"] == "PLATFORM_CORE_SECRET_KEY_FILE"


def test_secrets_do_not_show() -> None:
    assert STRONG not in repr(Settings(secret_key=STRONG))


def test_a_mistyped_variable_is_told() -> None:
    given = {"PLATFORM_CORE_SERVER_PROT": "1", "PLATFORM_CORE_SERVER_PORT": "1", "OTHER": "1"}
    assert unknown_variables(given) == ["PLATFORM_CORE_SERVER_PROT"]


def test_development_makes_secrets_up_and_keeps_them_private(folder: Path) -> None:
    first = with_secrets(Settings())
    again = with_secrets(Settings())

    file = folder / "platform-core.db.secrets"
    assert len(first.secret_key) >= 32
    assert first.secret_key != first.webhook_secret
    assert (first.secret_key, first.webhook_secret) == (again.secret_key, again.webhook_secret)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(folder.iterdir()) == [file]


def test_secrets_of_a_store_in_memory_are_not_kept(folder: Path) -> None:
    memory = Settings(database_url="memory:")

    assert with_secrets(memory).secret_key != with_secrets(memory).secret_key
    assert list(folder.iterdir()) == []


def test_a_given_secret_is_not_replaced() -> None:
    assert with_secrets(Settings(secret_key="mine")).secret_key == "mine"


def test_a_broken_file_of_secrets_is_told(folder: Path) -> None:
    (folder / "platform-core.db.secrets").write_text("{")

    with pytest.raises(BadSettings, match=r"platform-core\.db\.secrets"):
        with_secrets(Settings())


@pytest.mark.parametrize("weak", ["", "secret", "x" * 40, "short-but-random-7Q"])
def test_production_refuses_missing_and_weak_secrets(weak: str, folder: Path) -> None:
    with pytest.raises(BadSettings, match=r"^secret_key: .*PLATFORM_CORE_SECRET_KEY"):
        with_secrets(Settings(environment="production", secret_key=weak))

    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("weak", ["secret", "x" * 40, "short-but-random-7Q"])
def test_production_refuses_a_weak_secret_for_tokens(weak: str) -> None:
    with pytest.raises(BadSettings, match=r"^veza.jwt_secret: .*PLATFORM_CORE_VEZA_JWT_SECRET"):
        with_secrets(Settings(environment="production", secret_key=STRONG, veza=Veza(jwt_secret=weak)))


def test_tokens_are_signed_under_a_key_of_their_own() -> None:
    """Whoever knows one of the two secrets cannot make the tokens of the other."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    claims = Claims(TokenKind.ACCESS, "usr_1", "ses_1", now, now + timedelta(hours=1))
    made = {
        container.build(Settings(database_url="memory:", secret_key=key, veza=Veza(jwt_secret=jwt)))
        .tokens()
        .sign(claims)
        for key, jwt in ((STRONG, ""), (STRONG[::-1], ""), (STRONG, "a secret for tokens"), (STRONG, STRONG))
    }

    assert len(made) == 3


def test_production_takes_a_strong_secret() -> None:
    settings = Settings(environment="production", secret_key=STRONG)
    assert with_secrets(settings) == settings


STRIPE = Payments(provider="stripe", stripe_key="sk_test_1", stripe_webhook_secret="whsec_1, whsec_2")


def _gateway(settings: Settings) -> object:
    return container.build(settings).gateway()


@pytest.mark.parametrize(
    ("settings", "use", "setting"),
    [
        (
            Settings(environment="production", secret_key=STRONG, payments=Payments(provider="fake")),
            _gateway,
            "payments.provider",
        ),
        (Settings(payments=Payments(provider="stripe")), _gateway, "payments.stripe_key"),
        (Settings(payments=Payments(provider="stripe", stripe_key="k")), _gateway, "payments.stripe_webhook_secret"),
        (Settings(payments=evolve(STRIPE, stripe_methods=("cash",))), _gateway, "payments.stripe_methods"),
        (Settings(payments=evolve(STRIPE, stripe_methods=())), _gateway, "payments.stripe_methods"),
        (Settings(environment="production", secret_key=STRONG, payments=STRIPE), _gateway, "payments.stripe_key"),
        (Settings(environment="production", secret_key=STRONG), http_options, "server.base_url"),
        (Settings(packages=("pkg:1:2",)), policies.catalogue, "packages"),
        (Settings(database_url="mysql://x"), prepare, "database_url"),
        (Settings(database_url="sqlite:///no/such/folder.db"), prepare, "database_url"),
    ],
)
def test_what_cannot_work_is_refused_by_name(
    settings: Settings, use: Callable[[Settings], object], setting: str
) -> None:
    with pytest.raises(BadSettings, match=f"^{setting}: "):
        use(settings)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (Settings(), "fake"),
        (Settings(payments=Payments(provider="none")), "none"),
        (Settings(payments=STRIPE), "stripe"),
        (
            Settings(environment="production", secret_key=STRONG, payments=evolve(STRIPE, stripe_key="rk_live_1")),
            "stripe",
        ),
    ],
)
def test_the_setting_names_the_provider(settings: Settings, name: str) -> None:
    assert container.build(evolve(settings, database_url="memory:")).gateway().name == name


def test_production_sells_nothing_without_a_provider() -> None:
    settings = Settings(environment="production", secret_key=STRONG, database_url="memory:")
    assert container.build(settings).gateway().name == "none"


def test_the_page_of_settings_is_current() -> None:
    """Make it anew with `platform-core config reference > docs/settings.md`."""
    assert (ROOT / "docs/settings.md").read_text() == page()


def test_origins_survive_json() -> None:
    assert json.loads(json.dumps(dict(load(environment={}).origins)))["database_url"] == "default"


PASSWORD = "geheim"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://app:geheim@db/platform", "postgresql://app:***@db/platform"),
        ("postgresql://app:geheim@[::1]:5432/platform", "postgresql://app:***@[::1]:5432/platform"),
        ("postgresql://app:p@geheim@db/platform", "postgresql://app:***@db/platform"),
        ("postgresql://app:p/geheim?#@db/platform", "postgresql://app:***@db/platform"),
        ("postgresql://app:12 geheim@db/platform", "postgresql://app:***@db/platform"),
        ("postgresql://app@db/platform?password=geheim&ssl=on", "postgresql://app@db/platform?password=***&ssl=on"),
        ("redis://:geheim@cache:6379/0", "redis://:***@cache:6379/0"),
        ("two: redis://:geheim@a and redis://b:geheim@c.", "two: redis://:***@a and redis://b:***@c."),
    ],
)
def test_the_password_in_an_address_is_masked(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("sqlite:///platform-core.db", "postgresql://app@db:5432/platform", "redis://cache:6379/0", "memory:"),
        "http://127.0.0.1:8080/x is for ada@example.com",
        "none of sqlite:///file, postgresql://user@host/name, memory:",
    ],
)
def test_an_address_without_a_password_stays_as_it_is(text: str) -> None:
    assert without_password(text) == text


@pytest.mark.parametrize(
    "url",
    [
        "postgres://app:geheim@db/platform",
        "app:geheim@db/platform",
        "postgresql://app:ge/geheim@db/platform",
        "postgresql:app:geheim@db/platform",
    ],
)
def test_an_address_that_is_refused_is_not_repeated_with_its_password(url: str) -> None:
    with pytest.raises(BadSettings) as refused:
        prepare(Settings(database_url=url))

    assert PASSWORD not in str(refused.value)


def test_secrets_that_are_not_to_be_kept_are_not(folder: Path) -> None:
    assert len(with_secrets(Settings(), keep=False).secret_key) >= 32
    assert list(folder.iterdir()) == []
