"""Whether this server may start: no open door beyond this machine, no debug mode beyond it either."""

from __future__ import annotations

import os

from analytics.errors import RefusedStart
from dashboard.config import Config
from dashboard.security.oidc import is_safe
from dashboard.security.roles import GRANTED, ROLES

_DEBUG = ("FLASK_DEBUG", "DASH_DEBUG")
_ON = frozenset({"1", "true", "yes", "on"})


def check_start(config: Config) -> None:
    """Refuse what would be open to others.

    Raises:
        RefusedStart: with one line that says what to set.
    """
    if config.auth == "none" and not config.loopback:
        raise RefusedStart(
            f"{config.host} is reachable by others and sign-in is off: set HEPATREND_AUTH=local "
            "(then: hepatrend user add NAME --role clinician), or proxy or oidc; or serve on 127.0.0.1"
        )
    if not config.loopback and any(os.environ.get(name, "").lower() in _ON for name in _DEBUG):
        raise RefusedStart(
            f"debug mode is on ({' or '.join(_DEBUG)}) and {config.host} is reachable by others: unset it"
        )
    if config.auth == "proxy" and not (config.proxy.networks and config.proxy.secret.get_secret_value()):
        raise RefusedStart("sign-in by proxy needs HEPATREND_PROXY__NETWORKS (CIDR list) and HEPATREND_PROXY__SECRET")
    if config.auth == "oidc":
        _check_oidc(config)
    if config.smart.servers:
        _check_smart(config)
    if config.auth != "none" and not config.loopback and not config.hostnames:
        raise RefusedStart("set HEPATREND_HOSTNAMES to the names under which browsers reach this server")


def _check_oidc(config: Config) -> None:
    oidc = config.oidc
    if not (oidc.issuer and oidc.client_id and oidc.roles):
        raise RefusedStart("sign-in by OpenID needs HEPATREND_OIDC__ISSUER, __CLIENT_ID and __ROLES (group to role)")
    if not is_safe(oidc.issuer):
        raise RefusedStart("HEPATREND_OIDC__ISSUER must begin with https://")
    if wrong := sorted(set(oidc.roles.values()) - set(GRANTED)):
        raise RefusedStart(f"HEPATREND_OIDC__ROLES names the role {wrong[0]!r}; known: {', '.join(GRANTED)}")


def _check_smart(config: Config) -> None:
    smart = config.smart
    if config.auth != "oidc":
        raise RefusedStart("opening patients from the record (HEPATREND_SMART__SERVERS) needs HEPATREND_AUTH=oidc")
    if not smart.client_id:
        raise RefusedStart("opening patients from the record needs HEPATREND_SMART__CLIENT_ID")
    if unsafe := [server for server in smart.servers if not is_safe(server)]:
        raise RefusedStart(f"HEPATREND_SMART__SERVERS: {unsafe[0]!r} must begin with https://")
    if len(smart.servers) > 1 and not smart.identifier_system:
        raise RefusedStart(
            "two servers may give one id to two patients: with more than one in HEPATREND_SMART__SERVERS set "
            "HEPATREND_SMART__IDENTIFIER_SYSTEM"
        )
    if smart.opens == "record" and config.workers > 1:
        raise RefusedStart(
            "what the record gives for a session lies in the memory of one process: with HEPATREND_SMART__OPENS=record "
            "serve by one (HEPATREND_WORKERS=1), or set HEPATREND_SMART__OPENS=stored"
        )
    role = ROLES.get(smart.role) if smart.role in GRANTED else None
    if role is None or role.sees != "identified" or "patients" not in role.may:
        fitting = [name for name in GRANTED if ROLES[name].sees == "identified" and "patients" in ROLES[name].may]
        raise RefusedStart(f"HEPATREND_SMART__ROLE is {smart.role!r}; it must be one of: {', '.join(fitting)}")
