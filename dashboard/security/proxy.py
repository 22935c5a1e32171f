"""Sign-in by a gateway in front: its headers are believed only from its networks and with the shared secret."""

from __future__ import annotations

from collections.abc import Iterable
from hmac import compare_digest
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from flask import request
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard.config import Config
from dashboard.security.keys import mac
from dashboard.security.roles import GRANTED, NAME_FROM_OUTSIDE, User
from dashboard.security.sessions import CSRF_HEADER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ProxyHeaders:
    """Who the gateway says is asking.

    Args:
        config: networks, header names and secret of the gateway.
        key: secret that the tokens against cross-site requests are made from.
    """

    def __init__(self, config: Config, key: bytes):
        self._proxy, self._key = config.proxy, key
        self._networks = [ip_network(text) for text in config.proxy.networks]  # a bare address is that one alone

    def identify(self) -> User | None:
        """The user, or None where the request does not come through the gateway or names no role."""
        name = request.headers.get(self._proxy.user_header, "")
        role = request.headers.get(self._proxy.role_header, "")
        if not (self._from_gateway() and NAME_FROM_OUTSIDE.fullmatch(name) and role in GRANTED):
            return None
        return User(name, role, "proxy")

    def _from_gateway(self) -> bool:
        peer = str(request.environ.get("hepatrend.peer") or request.environ.get("REMOTE_ADDR") or "")
        given = request.headers.get(self._proxy.secret_header, "")
        wanted = self._proxy.secret.get_secret_value()
        known = in_networks(peer, self._networks)
        return known and bool(wanted) and compare_digest(given.encode(), wanted.encode())

    def csrf_token(self) -> str:
        """The token of this user."""
        return mac(self._key, "csrf", "proxy", request.headers.get(self._proxy.user_header, "")).hex()

    def csrf(self) -> bool:
        """True where the request carries the token of its user."""
        return compare_digest(
            self.csrf_token().encode(), request.headers.get(CSRF_HEADER, "").encode("utf-8", "replace")
        )


class Hops:
    """WSGI: behind the gateway the client's address and scheme come from X-Forwarded-*; from others they are ignored.

    The real peer stays in the environment as ``hepatrend.peer``, which no header can set.
    """

    def __init__(self, app: WSGIApplication, config: Config):
        self._plain, self._config = app, config
        self._fixed = ProxyFix(app, x_for=config.proxy.hops, x_proto=config.proxy.hops, x_host=0, x_port=0, x_prefix=0)
        self._networks = [ip_network(text) for text in config.proxy.networks]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer through ProxyFix only where the peer is the gateway."""
        peer = str(environ.get("REMOTE_ADDR", ""))
        environ["hepatrend.peer"] = peer
        return (self._fixed if in_networks(peer, self._networks) else self._plain)(environ, start_response)


def in_networks(peer: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    """True where the address lies in one of them."""
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in networks if network.version == address.version)
