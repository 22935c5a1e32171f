"""Browsers on their way to a sign-in elsewhere and back: what is remembered lies sealed in a cookie of theirs."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hmac import compare_digest

from flask import Response, request

from dashboard.config import Config
from dashboard.security.keys import mac
from dashboard.security.oidc import Errand
from dashboard.security.sessions import Sessions, put_cookie

ERRAND_SECONDS = 600.0
TOO_OLD = "This sign-in was begun elsewhere or too long ago. Try again."
Page = Callable[[str, str, int], Response]
"""Makes the sign-in page: own path to go to after, message, status."""


@dataclass(frozen=True)
class Errands:
    """Errands of one kind; the cookie of one kind is not accepted as that of another.

    Args:
        kind: short word for it.
        config: whether there is TLS.
        sessions: key of the seal, and the clock.
    """

    kind: str
    config: Config
    sessions: Sessions

    @property
    def cookie(self) -> str:
        """Name of the cookie of who is on the way."""
        return f"__Host-hepatrend_{self.kind}" if self.config.tls else f"hepatrend_{self.kind}"

    def remember(self, errand: Errand, answer: Response) -> None:
        """Give it to the browser."""
        put_cookie(answer, self.cookie, self._sealed(errand), self.config, hidden=True)

    def found(self) -> Errand | None:
        """That of the browser that asks; None where there is none of ours, or it is too old."""
        body, _, seal = request.cookies.get(self.cookie, "").partition(".")
        if not compare_digest(seal.encode("utf-8", "replace"), mac(self.sessions.key, self.kind, body).hex().encode()):
            return None
        found = json.loads(urlsafe_b64decode(body))
        if not 0 <= self.sessions.now() - found.pop("at") <= ERRAND_SECONDS:
            return None
        return Errand(**found)

    def forget(self, answer: Response) -> None:
        """Each errand once."""
        answer.delete_cookie(self.cookie, path="/", secure=self.config.tls, httponly=True, samesite="Lax")

    def taken_back(self, page: Page, answer: Callable[[Errand], Response]) -> Response:
        """What the browser that comes back is answered: each errand once, only in the browser that began it."""
        errand = self.found()
        if errand is not None and not self.sessions.first_time(errand.state, 2 * ERRAND_SECONDS):
            errand = None
        # without an errand nothing is written into the audit log: anybody could fill it
        given = page("/", TOO_OLD, 403) if errand is None else answer(errand)
        self.forget(given)
        return given

    def own(self, path: str) -> str:
        """Address of this server as the browser knows it; the host is one of those that are answered."""
        return f"{'https' if self.config.tls else request.scheme}://{request.host}{path}"

    def fits(self, errand: Errand) -> bool:
        """Whether the address that the browser came back with is of this errand."""
        return compare_digest(request.args.get("state", "").encode("utf-8", "replace"), errand.state.encode())

    def _sealed(self, errand: Errand) -> str:
        text = json.dumps({**asdict(errand), "at": self.sessions.now()})
        body = urlsafe_b64encode(text.encode()).decode()
        return f"{body}.{mac(self.sessions.key, self.kind, body).hex()}"


def sentence(error: Exception) -> str:
    """A refusal as one."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
