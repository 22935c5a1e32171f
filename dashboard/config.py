"""What a site sets: address, store, sign-in, mail, links. Environment HEPATREND_* over a TOML file over defaults.

Nested groups take a double underscore: ``HEPATREND_SMTP__HOST``. The file is ``hepatrend.toml`` in the working
directory, or what HEPATREND_CONFIG names. Thresholds of the science are not here but in analytics.settings.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError as UnreadableSetting

from analytics.errors import SettingsError
from analytics.memory import MOST_AT_ONCE

_PREFIX = "HEPATREND_"
_OTHER_VARIABLES = (
    "HEPATREND_BACKUP_PASSPHRASE", "HEPATREND_CONFIG", "HEPATREND_FOLDER", "HEPATREND_SCHEDULER", "HEPATREND_TRACE",
)  # fmt: skip
"""Read elsewhere: what backups are encrypted by, the file itself, the folder beside a database by address, a Dask
scheduler, traces of errors."""
_CLOSE = 0.7
Auth = Literal["none", "local", "proxy", "oidc"]


class _Group(BaseModel):
    """A group of options; the sentence under each field is its documentation, here and in docs/configuration.md."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Smtp(_Group):
    """Mail server for reports."""

    host: str = ""
    """Name of the mail server; empty: nothing is mailed."""
    port: int = 587
    """Its port."""
    user: str = ""
    """Name to sign in with; empty: without."""
    password: SecretStr = SecretStr("")
    """Password of that user."""
    domains: tuple[str, ...] = ()
    """Domains that reports may be mailed to, like hospital.example; none: any."""
    sender: str = ""
    """Address that mails come from."""
    starttls: bool = True
    """Encrypt by STARTTLS before anything is sent; a server that does not offer it gets no mail."""
    timeout_seconds: float = 30
    """Wait so long for the server."""


class Proxy(_Group):
    """Sign-in by a gateway in front: trusted only from these networks and with the shared secret."""

    networks: tuple[str, ...] = ()
    """CIDR of the gateway; a bare address means that one address."""
    user_header: str = "X-Remote-User"
    """Header in which the gateway names the user."""
    role_header: str = "X-Remote-Role"
    """Header in which the gateway names the role."""
    secret_header: str = "X-Proxy-Secret"  # noqa: S105  the name of a header
    """Header in which the gateway sends the shared secret."""
    secret: SecretStr = SecretStr("")
    """The shared secret; without it no header is believed."""
    hops: int = 1
    """How many proxies stand in front (for X-Forwarded-*)."""


class Oidc(_Group):
    """Sign-in by the hospital's OpenID provider (extra ``oidc``)."""

    issuer: str = ""
    """Address of the provider; its description is read from ``/.well-known/openid-configuration`` below it."""
    client_id: str = ""
    """Name under which the provider knows this server."""
    client_secret: SecretStr = SecretStr("")
    """Secret of this server at the provider; empty for a public client (PKCE is used either way)."""
    scopes: str = "openid profile"
    """What is asked for; some providers give groups only for a scope of their own."""
    name_claim: str = "preferred_username"
    """Claim that names the user in the header and in the audit log."""
    groups_claim: str = "groups"
    """Claim that lists the groups, of the ID token or else of the provider's user information."""
    roles: dict[str, str] = Field(default_factory=dict)
    """Group of the provider to role here. Who is in none has no access, in several: the first of this list."""
    leeway_seconds: int = Field(default=60, ge=0, le=600)
    """How far the clocks of the provider and of this machine may be apart."""


class Smart(_Group):
    """Opening a patient from the hospital record by a SMART on FHIR launch (with sign-in by ``oidc``)."""

    servers: tuple[str, ...] = ()
    """Addresses of FHIR servers (R4) whose records may open a patient here; any other is refused unasked."""
    client_id: str = ""
    """Name under which these servers know hepatrend."""
    client_secret: SecretStr = SecretStr("")
    """Secret of hepatrend there; empty for a public client (PKCE is used either way)."""
    opens: Literal["record", "stored"] = "record"
    """``record``: the patient's data are read from the record for that session, in memory, and nothing is kept.
    ``stored``: the patient is opened as the store has it; of the record the Patient resource alone is read."""
    scopes: str = "launch openid fhirUser patient/*.read"
    """What is asked for: who signs in, which patient is open, and what to read of that patient; never to write. For
    ``stored``, ``patient/Patient.read`` is enough."""
    most_mb: int = Field(default=32, ge=1, le=256)
    """``record``: with more than so many megabytes of one patient nothing is shown."""
    patience_seconds: int = Field(default=30, ge=1, le=120)
    """``record``: within so many seconds all must have been read."""
    identifier_system: str = ""
    """System of the identifier that is the patient id here; empty: the server's own id of the patient is."""
    name_claim: str = "preferred_username"
    """Claim that names the user in the header and in the audit log; without it the subject does."""
    role: str = ""
    """Role of those whom the record confirms as its staff; it must see identified patients."""


class Log(_Group):
    """What the server, the worker and the scheduler write about themselves; never data of patients."""

    level: Literal["debug", "info", "warning", "error"] = "warning"
    """From which level on; ``info`` has one line a request."""
    form: Literal["text", "json"] = "text"
    """One line of text, or one JSON object a line."""
    file: Path | None = None
    """File to append to (mode 0600, opened anew when it was moved away); none: standard error."""


class Health(_Group):
    """What /readyz and /metrics look at."""

    token: SecretStr = SecretStr("")
    """Bearer token for /metrics and the sentences of /readyz; empty: only without sign-in on this machine."""
    worker: bool = False
    """True where ``hepatrend worker`` runs as a service: without its sign of life the server is not ready."""
    scheduler: bool = False
    """True where ``hepatrend schedule daemon`` runs as a service: likewise."""
    least_free_mb: int = Field(default=256, ge=0)
    """With less space on the store's disk the server is not ready."""


class Config(BaseSettings):
    """All options of the server."""

    model_config = SettingsConfigDict(
        env_prefix="HEPATREND_", env_nested_delimiter="__", extra="ignore", frozen=True, use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """Address to serve on; any but this machine's own needs sign-in."""
    port: int = Field(8050, ge=0, le=65535)
    """Port to serve on; 0 takes a free one."""
    store: str = "hepatrend-data"
    """Folder of the embedded store, or a ``postgresql+psycopg://`` address."""
    auth: Auth = "none"
    """How people sign in: ``none`` (this machine only), ``local`` accounts, ``proxy`` or ``oidc``."""
    hostnames: tuple[str, ...] = ()
    """Names under which browsers reach the server; other Host headers are refused."""
    tls: bool = False
    """True where browsers reach it by https (TLS by the site's proxy): Secure cookies and HSTS."""
    workers: int = Field(1, ge=1, le=32)
    """Processes that answer; more than one needs the extra ``server``, and each takes its own memory."""
    threads: int = Field(8, ge=1, le=64)
    """Requests that are answered at once, by each process."""
    connections: int = Field(500, ge=10, le=10_000)
    """Connections open at once, idle ones too; a browser opens up to six, a proxy in front a few for all."""
    keys: Path | None = None
    """Folder of secrets and accounts (mode 0700); default: ``keys`` inside the store's folder."""
    idle_minutes: int = Field(15, ge=1)
    """An unused session ends after so long."""
    session_hours: float = Field(8, gt=0)
    """A session ends after so long in any case."""
    results_in_memory: int = Field(MOST_AT_ONCE, ge=0)
    """Results up to which the cohort page holds all patients in memory, about 130 bytes each for every kind of role
    that opens it; of more it asks the store part by part, slower and in memory that does not grow with the results."""
    stale_days: int = Field(7, ge=1)
    """Data older than this, counted from the last import, gets a banner."""
    old_data_days: int = Field(30, ge=1)
    """Pages mark it and reports say so where the newest result is older than this; a digest warns at its top."""
    max_upload_mb: int = Field(512, ge=1)
    """Largest file that the import page takes."""
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
    """Mail server for reports."""
    proxy: Proxy = Proxy()
    """Sign-in by a gateway in front."""
    oidc: Oidc = Oidc()
    """Sign-in by the hospital's OpenID provider."""
    smart: Smart = Smart()
    """Opening a patient from the hospital record."""
    log: Log = Log()
    """What the processes write about themselves."""
    health: Health = Health()
    """What /readyz and /metrics look at."""

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
        return is_this_machine(self.host)

    @property
    def folder(self) -> Path:
        """Folder of the store, also of one by address; the same as ``Place.of(store).folder``."""
        if "://" not in self.store:
            return Path(self.store)
        from analytics.store.database.location import Place

        return Place.of(self.store).folder

    def beside_store(self, chosen: Path | None, name: str) -> Path:
        """The chosen folder, or the one of this name inside the store's folder."""
        return chosen or self.folder / name

    @property
    def trusted_hosts(self) -> list[str]:
        """Host headers that are answered."""
        return [*self.hostnames, "127.0.0.1", "localhost", "[::1]"]


def is_this_machine(host: str) -> bool:
    """True for the name of this machine alone, and for every address of it alone."""
    return host.lower() == "localhost" or is_loopback(host.strip("[]"))


def is_loopback(address: str) -> bool:
    """True for an address of this machine alone, also one of IPv4 written as IPv6; never for a name."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


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
    """An option that no one reads is a site that believes it has set something.

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
