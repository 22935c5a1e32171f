"""Whether this server may start: no open door beyond this machine, no debug mode beyond it either."""

from __future__ import annotations

import os

from analytics.errors import RefusedStart
from dashboard.config import Config

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
        raise RefusedStart("sign-in by OpenID is not built yet: use HEPATREND_AUTH=proxy with a gateway, or local")
    if config.auth != "none" and not config.loopback and not config.hostnames:
        raise RefusedStart("set HEPATREND_HOSTNAMES to the names under which browsers reach this server")
