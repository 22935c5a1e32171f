"""What a site sets: address, store, sign-in, mail, links. Environment HEPATREND_* over a TOML file over defaults.

Nested groups take a double underscore: ``HEPATREND_SMTP__HOST``. The file is ``hepatrend.toml`` in the working
directory, or what HEPATREND_CONFIG names. Thresholds of the science are not here but in analytics.settings.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError as UnreadableSetting

from analytics.errors import SettingsError

_PREFIX = "HEPATREND_"
_OTHER_VARIABLES = ("HEPATREND_CONFIG", "HEPATREND_FOLDER", "HEPATREND_TRACE")
"""Read elsewhere: the file itself, the folder beside a database by address, traces of errors."""
_CLOSE = 0.7
Auth = Literal["none", "local", "proxy", "oidc"]
LOOPBACK_NAMES = ("localhost",)


class Smtp(BaseModel):
    """Mail server for reports."""

    host: str = ""
    port: int = 587
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    domains: tuple[str, ...] = ()
    """Domains that reports may be mailed to, like hospital.example; none: any."""
    starttls: bool = True
    timeout_seconds: float = 30


class Proxy(BaseModel):
    """Sign-in by a gateway in front: trusted only from these networks and with the shared secret."""

    networks: tuple[str, ...] = ()
    """CIDR of the gateway; a bare address means that one address."""
    user_header: str = "X-Remote-User"
    role_header: str = "X-Remote-Role"
    secret_header: str = "X-Proxy-Secret"  # noqa: S105  the name of a header
    secret: SecretStr = SecretStr("")
    hops: int = 1
    """How many proxies stand in front (for X-Forwarded-*)."""


class Oidc(BaseModel):
    """Sign-in by the hospital's OpenID provider (extra ``oidc``)."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    groups_claim: str = "groups"
    roles: dict[str, str] = Field(default_factory=dict)
    """Group of the provider to role here; who is in none has no access."""


class Config(BaseSettings):
    """All options of the server."""

    model_config = SettingsConfigDict(env_prefix="HEPATREND_", env_nested_delimiter="__", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(8050, ge=0, le=65535)
    store: str = "hepatrend-data"
    auth: Auth = "none"
    hostnames: tuple[str, ...] = ()
    """Names under which browsers reach the server; other Host headers are refused."""
    tls: bool = False
    """True where browsers reach it by https (TLS by the site's proxy): Secure cookies and HSTS."""
    threads: int = Field(8, ge=1, le=64)
    keys: Path | None = None
    """Folder of secrets and accounts (mode 0700); default: ``keys`` inside the store's folder."""
    idle_minutes: int = Field(15, ge=1)
    session_hours: float = Field(8, gt=0)
    stale_days: int = Field(7, ge=1)
    """Data older than this, counted from the last import, gets a banner."""
    max_upload_mb: int = Field(512, ge=1)
    import_folder: Path | None = None
    """Folder on the server whose files the import page offers; none: upload only."""
    profiles: Path | None = None
    """Folder of source profiles that the import page saves to; default: ``profiles`` inside the store's folder."""
    record_url: str = ""
    """Link to the hospital record, with {patient_id}; shown to those who see identified data."""
    study: str = "hepatrend"
    """Name of the study that pseudonyms and shifted dates are made for."""
    settings: Path | None = None
    """TOML file of thresholds (analytics.settings)."""
    reports: Path | None = None
    """Folder of scheduled reports; default: ``reports`` inside the store's folder."""
    smtp: Smtp = Smtp()
    proxy: Proxy = Proxy()
    oidc: Oidc = Oidc()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())

    @property
    def loopback(self) -> bool:
        """True where only this machine can reach the address."""
        if self.host.lower() in LOOPBACK_NAMES:
            return True
        try:
            return ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def folder(self) -> Path:
        """Folder of the embedded store; beside a database by address, the default folder."""
        return Path("hepatrend-data" if "://" in self.store else self.store)

    def beside_store(self, chosen: Path | None, name: str) -> Path:
        """The chosen folder, or the one of this name inside the store's folder."""
        return chosen or self.folder / name

    @property
    def trusted_hosts(self) -> list[str]:
        """Host headers that are answered."""
        return [*self.hostnames, "127.0.0.1", "localhost", "[::1]"]


def config_file() -> Path:
    """The file of options: what HEPATREND_CONFIG names, else ``hepatrend.toml`` in the working directory."""
    return Path(os.environ.get("HEPATREND_CONFIG", "hepatrend.toml"))


def config_from(**given: Any) -> Config:
    """Options from arguments over environment over file. Commands have their options from here, never from Config.

    Raises:
        SettingsError: an option has an impossible value or is not known, or the file cannot be read; names it.
    """
    try:
        _refuse_unknown()
        return Config(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = "__".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"HEPATREND_{name}: {first['msg']}") from error
    except UnreadableSetting as error:
        raise SettingsError(f'{error}; a list is written as JSON, like ["one", "two"]') from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{config_file()}: {error}") from error


def _refuse_unknown() -> None:
    """An option that nobody reads is a site that believes it has set something.

    Raises:
        SettingsError: a key of the file is none of ours, or a variable of the environment is nearly one; names the
            nearest that is known.
    """
    file = config_file()
    if "HEPATREND_CONFIG" in os.environ and not file.is_file():
        raise SettingsError(f"HEPATREND_CONFIG names {file}, and that file does not exist")
    known = list(_names(Config))
    if file.is_file():
        for key in _keys_of(tomllib.loads(file.read_text("utf-8")), Config):
            if key not in known:
                raise SettingsError(f"{file}: no option {key!r}; {_nearest(key, known)}")
    variables = [f"{_PREFIX}{name.replace('.', '__').upper()}" for name in known]
    for variable in sorted(os.environ):
        if not variable.upper().startswith(_PREFIX) or variable.upper() in [*variables, *_OTHER_VARIABLES]:
            continue
        if variable.upper().startswith(f"{_PREFIX}OIDC__ROLES__"):
            continue
        said = variable.upper().removeprefix(_PREFIX)
        near = get_close_matches(said, [v.removeprefix(_PREFIX) for v in variables], 1, _CLOSE)
        if near:
            raise SettingsError(f"no option {variable}; the nearest one is {_PREFIX}{near[0]}")


def _names(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Every option; those of a group with its name and a point before them."""
    for name, field in model.model_fields.items():
        yield before + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _names(field.annotation, f"{before}{name}.")


def _keys_of(table: Mapping[str, Any], model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Every key that a file has, as :func:`_names` spells it; what stands in a free table is its owner's."""
    for name, value in table.items():
        yield before + name
        field = model.model_fields.get(name)
        group = field.annotation if field else None
        if isinstance(value, Mapping) and isinstance(group, type) and issubclass(group, BaseModel):
            yield from _keys_of(value, group, f"{before}{name}.")


def _nearest(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, 1, 0.5)
    return f"the nearest one is {near[0]!r}" if near else f"known: {', '.join(k for k in known if '.' not in k)}"
