"""ID tokens that somebody made, or that a provider made wrongly: none of them says who is there."""

from __future__ import annotations

import base64
import hmac
import json
from functools import cache
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from analytics.errors import SignInRefused
from dashboard.config import Oidc
from dashboard.security.oidc import Provider

ISSUER, NOW = "https://sso.hospital.example/realms/staff", 1_800_000_000
HONEST = {"iss": ISSUER, "aud": "hepatrend", "sub": "ada", "exp": NOW + 300, "iat": NOW, "nonce": "n-1"}
EVERY = ["none", "HS256", "RS256"]


@cache
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


class Told(Provider):
    """A provider whose addresses answer from here, and which offers every algorithm that there is."""

    def _fetched(self, address: str, *, anew: bool = False) -> Any:
        if address.endswith("/jwks"):
            return {"keys": [key().as_dict(private=False)]}
        return {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", "id_token_signing_alg_values_supported": EVERY}


def claims_of(text: str) -> dict[str, Any]:
    options = Oidc(issuer=ISSUER, client_id="hepatrend", roles={"staff": "clinician"})
    return Told(options, lambda: float(NOW))._claims({"id_token": text}, "n-1")


def signed(claims: dict[str, Any], **header: Any) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one", **header}, claims, key(), algorithms=["RS256"])


def part(said: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


def unsigned(algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'kid': 'one'})}.{part(HONEST)}."


def with_public_key_as_secret() -> str:
    head = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(HONEST)}"
    signature = hmac.digest(key().as_pem(private=False), head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def key_of_its_own() -> str:
    own = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "jwk": own.as_dict(private=False)}
    return jwt.encode(header, HONEST, own, algorithms=["RS256"])


def another_text() -> str:
    head, _, signature = signed(HONEST).split(".")
    return f"{head}.{part({**HONEST, 'sub': 'nora'})}.{signature}"


def test_an_honest_token_is_believed():
    assert claims_of(signed(HONEST))["sub"] == "ada"
    assert claims_of(signed({**HONEST, "aud": ["hepatrend"]}))["sub"] == "ada"


FORGED = {
    "no signature": lambda: unsigned("none"),
    "no signature, written otherwise": lambda: unsigned("nOnE"),
    "the public key as a shared secret": with_public_key_as_secret,
    "a key that it brings itself": key_of_its_own,
    "words changed after it was signed": another_text,
    "no token": lambda: "",
    "no parts": lambda: "a.b.c",
    "a critical header that is not known": lambda: signed(HONEST).replace(
        signed(HONEST).split(".")[0], part({"alg": "RS256", "kid": "one", "crit": ["x"], "x": 1})
    ),
}


@pytest.mark.parametrize("made", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_refused(made):
    with pytest.raises(SignInRefused):
        claims_of(made())


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": ISSUER + "/"}, {"iss": "https://evil.example"}, {"iss": None}, {"iss": [ISSUER]},
        {"aud": "another"}, {"aud": None}, {"aud": []}, {"aud": ["hepatrend", "another"], "azp": "another"},
        {"aud": ["hepatrend", "another"]}, {"nonce": None}, {"nonce": "n-2"}, {"nonce": ""}, {"nonce": ["n-1"]},
        {"exp": NOW - 3600}, {"exp": None}, {"exp": "later"}, {"iat": None}, {"iat": NOW + 3600},
        {"nbf": NOW + 3600}, {"sub": None}, {"sub": ""}, {"sub": "  "},
        {"sub": 5},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_of_the_provider_with_a_claim_that_does_not_hold_is_refused(wrong):
    claims = {name: value for name, value in (HONEST | wrong).items() if value is not None}
    with pytest.raises(SignInRefused):
        claims_of(signed(claims))
