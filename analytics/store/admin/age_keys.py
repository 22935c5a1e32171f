"""Public and private keys for encrypted backups: of age (age1..., AGE-SECRET-KEY-1...) and of openssl (PEM)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from analytics.errors import InputError
from analytics.store.admin.age_format import (
    VERSION,
    Identity,
    Recipient,
    Stanza,
    derived,
    padded,
    unpadded,
    unwrapped,
)

_PUBLIC, _PRIVATE = "age", "age-secret-key-"
_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_SHORTEST_RSA = 2048
_INFO = VERSION + b"/X25519"
_LABEL = VERSION + b"/ssh-rsa"
_SMALLEST = b"\x00" * 12
_REFUSED = "the private key is none of those that it is sealed for"


def _bytes_of(key: X25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


@dataclass(frozen=True, repr=False)
class Curve:
    """X25519: seals for a public key, opens with the private one where it is there."""

    public: X25519PublicKey
    private: X25519PrivateKey | None = None
    refused: str = field(default=_REFUSED)

    def seal(self, key: bytes) -> Stanza:
        """Under a key pair that is made for this file alone."""
        once = X25519PrivateKey.generate()
        shared, sent = once.exchange(self.public), _bytes_of(once.public_key())
        wrapping = derived(shared, sent + _bytes_of(self.public), _INFO)
        return Stanza(("X25519", unpadded(sent)), ChaCha20Poly1305(wrapping).encrypt(_SMALLEST, key, None))

    def open(self, stanza: Stanza) -> bytes | None:
        """None where it is sealed for another."""
        if self.private is None or stanza.words[0] != "X25519" or len(stanza.words) != 2:
            return None
        sent = padded(stanza.words[1])
        try:
            shared = self.private.exchange(X25519PublicKey.from_public_bytes(sent))
        except ValueError:
            return None
        return unwrapped(derived(shared, sent + _bytes_of(self.public), _INFO), stanza.body)


@dataclass(frozen=True, repr=False)
class Rsa:
    """RSA with OAEP (SHA-256): seals for a public key, opens with the private one where it is there."""

    public: rsa.RSAPublicKey
    private: rsa.RSAPrivateKey | None = None
    refused: str = field(default=_REFUSED)

    def seal(self, key: bytes) -> Stanza:
        """Sealed."""
        return Stanza(("ssh-rsa", self._tag), self.public.encrypt(key, self._padding))

    def open(self, stanza: Stanza) -> bytes | None:
        """None where it is sealed for another."""
        if self.private is None or stanza.words != ("ssh-rsa", self._tag):
            return None
        try:
            return self.private.decrypt(stanza.body, self._padding)
        except ValueError:
            return None

    @property
    def _padding(self) -> padding.OAEP:
        return padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=_LABEL)

    @property
    def _tag(self) -> str:
        line = self.public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        return unpadded(hashlib.sha256(padded(line.split()[1].decode().rstrip("="))).digest()[:4])


def recipient_of(text: str) -> Recipient:
    """Whom to seal for: ``age1...``, or a file with such lines' first one or with a public key in PEM.

    Raises:
        InputError: it is none of them.
    """
    if text.startswith("age1"):
        return Curve(X25519PublicKey.from_public_bytes(_bech32(text, _PUBLIC)))
    content = _content(Path(text))
    for line in _lines(content):
        if line.startswith("age1"):
            return recipient_of(line)
    try:
        key: Any = serialization.load_pem_public_key(content)
    except ValueError as error:
        raise InputError(f"{text} is no public key: name one of age (age1...) or a PEM file of openssl") from error
    return Curve(key) if isinstance(key, X25519PublicKey) else _rsa(key, text)


def identity_of(path: Path) -> Identity:
    """Who opens: a file with ``AGE-SECRET-KEY-1...`` or with a private key in PEM.

    Raises:
        InputError: it is none of them, or locked by a passphrase of its own.
    """
    content = _content(path)
    for line in _lines(content):
        if line.upper().startswith("AGE-SECRET-KEY-1"):
            private = X25519PrivateKey.from_private_bytes(_bech32(line.lower(), _PRIVATE))
            return Curve(private.public_key(), private)
    try:
        key: Any = serialization.load_pem_private_key(content, None)
    except TypeError as error:
        raise InputError(f"{path} is locked by a passphrase of its own; unlock it with openssl pkey first") from error
    except ValueError as error:
        raise InputError(f"{path} is no private key of age (AGE-SECRET-KEY-1...) and no PEM file of openssl") from error
    if isinstance(key, X25519PrivateKey):
        return Curve(key.public_key(), key)
    return _rsa(getattr(key, "public_key", lambda: key)(), str(path), key)


def _rsa(public: Any, where: str, private: Any = None) -> Rsa:
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size < _SHORTEST_RSA:
        raise InputError(f"{where} is neither an X25519 key nor an RSA key of {_SHORTEST_RSA} bits or more")
    return Rsa(public, private)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1 << 16)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _lines(content: bytes) -> Iterator[str]:
    return (line.strip() for line in content.decode("ascii", "replace").splitlines())


def _bech32(text: str, prefix: str) -> bytes:
    """The 32 bytes of a key in Bech32 (BIP 173), its check sum proven.

    Raises:
        InputError: a letter is wrong.
    """
    head, _, rest = text.rpartition("1")
    numbers = [_LETTERS.find(letter) for letter in rest]
    spread = [ord(c) >> 5 for c in head] + [0] + [ord(c) & 31 for c in head]
    if head != prefix or -1 in numbers or _polymod(spread + numbers) != 1:
        raise InputError(f"this is no key of age: {prefix}1... is wrong in a letter or cut off")
    bits = "".join(f"{n:05b}" for n in numbers[:-6])
    data = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8))
    if len(data) != 32:
        raise InputError(f"this is no key of age: {prefix}1... is not of 32 bytes")
    return data


def _polymod(values: list[int]) -> int:
    found = 1
    for value in values:
        top = found >> 25
        found = (found & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATORS):
            found ^= generator if (top >> i) & 1 else 0
    return found
