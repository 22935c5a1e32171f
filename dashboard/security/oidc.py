"""Sign-in by the hospital's OpenID provider: authorization code with PKCE, nonce and state; groups become a role.

Authlib speaks the protocol and checks the claims of the ID token; keys and description come from the provider, are kept
for an hour, and the keys are fetched anew as soon as a token is signed by one that is not known (rotation).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from analytics.errors import MissingExtra, NoRole, SignInRefused
from dashboard.config import Oidc, is_this_machine
from dashboard.security.bounded import OUT_OF_FORM, bounded
from dashboard.security.roles import GRANTED, NAME_FROM_OUTSIDE

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session
    from joserfc.jwk import KeySet

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})
"""Signatures by a key pair; never ``none``, never one by a shared secret."""
KEPT_SECONDS = 3600.0
PATIENCE_SECONDS = 10
TURN_SECONDS = 2.0
"""How long a sign-in waits for its turn to ask (house): whoever waits has a thread of the server."""
AT_ONCE = 3
"""Sign-ins that ask the provider at once (house): one that hangs leaves other threads of the server alone."""
AWAY_SECONDS = 5.0
"""For so long after it could not be reached it is not asked again for its description or keys."""
_AWAY = "the hospital's sign-in cannot be reached; try again"
_BUSY = "others are signing in just now; try again in a moment"
_UNCONFIRMED = "the hospital's sign-in did not confirm who this is"


@dataclass(frozen=True)
class Errand:
    """One browser on its way to the provider and back."""

    state: str
    nonce: str
    verifier: str
    target: str


@dataclass(frozen=True)
class Person:
    """Who the provider says it is, with the role that its groups give."""

    name: str
    role: str


def is_safe(address: str) -> bool:
    """True for https, and for this machine itself."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(parts.hostname or ""))


class Provider:
    """The provider of one installation.

    Args:
        config: issuer, names, secrets, groups.
        now: the clock, seconds.

    Raises:
        MissingExtra: authlib is not installed.
    """

    def __init__(self, config: Oidc, now: Callable[[], float]):
        try:
            import authlib.integrations.requests_client
            import joserfc  # noqa: F401  asked whether it is there
        except ModuleNotFoundError as error:
            raise MissingExtra("oidc", "sign-in by OpenID") from error
        self._session_of = authlib.integrations.requests_client.OAuth2Session
        self._config, self._now = config, now
        self._kept: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()
        self._away_since = -AWAY_SECONDS
        self._askings = threading.BoundedSemaphore(AT_ONCE)

    def begin(self, back: str, target: str) -> tuple[str, Errand]:
        """Address of the provider's sign-in, and what is to be remembered until the browser is back.

        Args:
            back: own address that the provider sends the browser to.
            target: own path to go to in the end.

        Raises:
            SignInRefused: the provider cannot be reached.
        """
        return self._begin(back, target)

    def _begin(self, back: str, target: str, **more: str) -> tuple[str, Errand]:
        """As :meth:`begin`, with further parameters for the provider."""
        errand = Errand(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), target)
        with self._refusing():
            address, _ = self._session(back).create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=errand.state, nonce=errand.nonce, code_verifier=errand.verifier, **more,
            )  # fmt: skip
        return str(address), errand

    def finish(self, errand: Errand, back: str, code: str) -> Person:
        """Who it is, by the code that the provider gave.

        Raises:
            SignInRefused: the provider cannot be reached or does not confirm it; NoRole: its groups give no role.
        """
        with self._asking(), self._session(back) as session:
            claims = self._claims(self._token(session, errand, code), errand.nonce)
            if self._config.groups_claim not in claims:
                claims = {**self._more(session, claims["sub"]), **claims}
        name = self._name(claims)
        return Person(name, self._role(name, claims))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Few ask at once; what goes wrong in between is said as a refusal."""
        if not self._askings.acquire(timeout=TURN_SECONDS):
            raise SignInRefused(_BUSY)
        try:
            with self._refusing():
                yield
        finally:
            self._askings.release()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """What goes wrong in between is said as a refusal."""
        import requests
        from authlib.integrations.base_client import OAuthError

        try:
            yield
        except requests.RequestException as error:  # before the others: an answer that is no JSON is both
            raise SignInRefused(_AWAY) from error
        except (OAuthError, *OUT_OF_FORM) as error:
            raise SignInRefused(_UNCONFIRMED) from error

    def _token(self, session: OAuth2Session, errand: Errand, code: str) -> Mapping[str, Any]:
        """What the provider gives for the code."""
        found: Mapping[str, Any] = session.fetch_token(
            self._endpoint("token_endpoint"), code=code, grant_type="authorization_code",
            code_verifier=errand.verifier, timeout=PATIENCE_SECONDS, allow_redirects=False,
        )  # fmt: skip
        return found

    def out(self, back: str) -> str | None:
        """Where the browser ends the session of the provider; None where the provider has no such place.

        Raises:
            SignInRefused: the provider cannot be reached.
        """
        with self._refusing():
            place = self._description().get("end_session_endpoint")
        if not isinstance(place, str) or not is_safe(place):
            return None
        asked = {"client_id": self._config.client_id, "post_logout_redirect_uri": back}
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    def _session(self, back: str) -> OAuth2Session:
        secret = self._config.client_secret.get_secret_value()
        known = self._description().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"
        made = self._session_of(
            self._config.client_id, secret or None, scope=self._config.scopes, redirect_uri=back,
            code_challenge_method="S256", token_endpoint_auth_method=method if secret else "none",
        )  # fmt: skip
        bounded(made, PATIENCE_SECONDS)
        return made

    def _claims(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """What the ID token says, once its signature, issuer, audience, times and nonce hold."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError

        offered = self._description().get("id_token_signing_alg_values_supported", ["RS256"])
        accepted = sorted(ALGORITHMS.intersection(offered))
        text = str(token["id_token"])
        try:
            try:
                found = jwt.decode(text, self._keys(), algorithms=accepted)
            except (InvalidKeyIdError, BadSignatureError):
                found = jwt.decode(text, self._keys(anew=True), algorithms=accepted)
            issuer = {"essential": True, "value": self._issuer()}
            audience = {"essential": True, "value": self._config.client_id}
            about = {"nonce": nonce, "client_id": self._config.client_id, "access_token": token.get("access_token")}
            claims = CodeIDToken(found.claims, found.header, {"iss": issuer, "aud": audience}, about)
            claims.validate(int(self._now()), self._config.leeway_seconds)
        except JoseError as error:
            raise SignInRefused(_UNCONFIRMED) from error
        if not isinstance(claims["sub"], str) or not claims["sub"].strip():
            raise SignInRefused(_UNCONFIRMED)
        return dict(claims)

    def _more(self, session: OAuth2Session, subject: str) -> dict[str, Any]:
        """User information, where the ID token does not have the groups; it must be of the same person."""
        place = self._description().get("userinfo_endpoint")
        if not place or not is_safe(str(place)):
            return {}
        said = session.get(place, timeout=PATIENCE_SECONDS, allow_redirects=False).json()
        return dict(said) if isinstance(said, dict) and said.get("sub") == subject else {}

    def _name(self, claims: Mapping[str, Any]) -> str:
        name = str(claims.get(self._config.name_claim) or claims["sub"])
        if not NAME_FROM_OUTSIDE.fullmatch(name):
            raise SignInRefused("the hospital's sign-in gives a name that is out of form here")
        return name

    def _role(self, name: str, claims: Mapping[str, Any]) -> str:
        """The first role of the configuration whose group the person is in."""
        said = claims.get(self._config.groups_claim)
        # a list or one name; the names in an object may be those of groups that one is not in
        several = said if isinstance(said, list) else [said]
        groups = {group for group in several if isinstance(group, str)}
        role = next((role for group, role in self._config.roles.items() if group in groups), "")
        if role not in GRANTED:
            raise NoRole(name)
        return role

    def _endpoint(self, name: str) -> str:
        place = str(self._description().get(name, ""))
        if not is_safe(place):
            raise SignInRefused(_AWAY)
        return place

    def _issuer(self) -> str:
        """Who must have signed what confirms a person."""
        return self._config.issuer

    def _description(self) -> Mapping[str, Any]:
        issuer = self._config.issuer
        found: Mapping[str, Any] = self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise SignInRefused(_AWAY)
        return found

    def _keys(self, *, anew: bool = False) -> KeySet:
        from joserfc.jwk import KeySet

        return KeySet.import_key_set(self._fetched(self._endpoint("jwks_uri"), anew=anew))

    def _fetched(self, address: str, *, anew: bool = False) -> Any:
        """A JSON object of the provider, kept for an hour."""
        if not self._lock.acquire(timeout=TURN_SECONDS):
            raise SignInRefused(_AWAY)
        try:
            when, known = self._kept.get(address, (0.0, None))
            if known is not None and not anew and 0 <= self._now() - when < KEPT_SECONDS:
                return known
            found = self._asked_for(address)
            self._kept[address] = (self._now(), found)
            return found
        finally:
            self._lock.release()

    def _asked_for(self, address: str) -> Mapping[str, Any]:
        """A JSON object of the provider, asked for now."""
        import requests

        if time.monotonic() - self._away_since < AWAY_SECONDS:
            raise SignInRefused(_AWAY)
        try:
            with requests.Session() as session:
                bounded(session, PATIENCE_SECONDS)
                answer = session.get(address, timeout=PATIENCE_SECONDS, allow_redirects=False)
                answer.raise_for_status()
                found = answer.json()
        except requests.Timeout as error:
            self._away_since = time.monotonic()
            raise SignInRefused(_AWAY) from error
        except (requests.RequestException, *OUT_OF_FORM) as error:
            raise SignInRefused(_AWAY) from error
        if not isinstance(found, dict):
            raise SignInRefused(_AWAY)
        return found
