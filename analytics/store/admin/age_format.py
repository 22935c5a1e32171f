"""Encrypted files in the age format, version 1 (age-encryption.org/v1): any age tool can open what is written here.

A random key encrypts the content in chunks of 64 KiB, each authenticated with its number and whether it is the last
(ChaCha20-Poly1305, the STREAM construction), so that a bit that flips, a chunk that moves and an end that is missing
are found. That key is sealed in the header by a passphrase (scrypt) or for public keys (X25519, or RSA with OAEP), and
the header is authenticated under it (HMAC-SHA256). Source of the format: C2SP specification "age".
"""

from __future__ import annotations

import base64
import os
from binascii import Error as Base64Error
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from analytics.errors import DamagedStore, InputError, MissingExtra

try:
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives import hashes, hmac
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
except ModuleNotFoundError as error:  # pragma: no cover
    raise MissingExtra("encrypt", "an encrypted backup") from error

VERSION = b"age-encryption.org/v1"
CHUNK = 1 << 16
WORK = 18
"""Scrypt runs 2^18 times: a second and 256 MiB for each guess."""
MOST_WORK = 20
"""A file may ask for no more than that, as its header is believed before anything is authenticated."""
_KEY, _TAG, _NONCE, _SALT = 16, 16, 16, 16
_MOST_HEADER = 1 << 16
_LINE = 64
_NO_NONCE = b"\x00" * 12
"""Each key that is sealed with it seals one thing alone."""


@dataclass(frozen=True)
class Stanza:
    """How the file's key is sealed for one who may open it: words of the header, and what was sealed."""

    words: tuple[str, ...]
    body: bytes


class Recipient(Protocol):
    """Who a file is sealed for."""

    def seal(self, key: bytes) -> Stanza:
        """Seal the key of a file."""


class Identity(Protocol):
    """Who opens a file."""

    @property
    def refused(self) -> str:
        """What is to be said where nothing of a file is sealed for it."""

    def open(self, stanza: Stanza) -> bytes | None:
        """The key of the file; None where it is sealed for another."""


@dataclass(frozen=True, repr=False)
class Passphrase:
    """Seals and opens by words; a file that is sealed by words is sealed for no one else."""

    words: str
    work: int = WORK
    refused: str = "the passphrase does not open it"

    def seal(self, key: bytes) -> Stanza:
        """Under a salt of its own."""
        salt = os.urandom(_SALT)
        wrapped = ChaCha20Poly1305(self._derived(salt, self.work)).encrypt(_NO_NONCE, key, None)
        return Stanza(("scrypt", unpadded(salt), str(self.work)), wrapped)

    def open(self, stanza: Stanza) -> bytes | None:
        """None for other words.

        Raises:
            InputError: the file asks for more work than anybody should do for it.
        """
        if stanza.words[0] != "scrypt" or len(stanza.words) != 3 or not stanza.words[2].isdecimal():
            return None
        work = int(stanza.words[2]) if len(stanza.words[2]) < 3 else MOST_WORK + 1
        if not 1 <= work <= MOST_WORK:
            raise InputError("it asks for more work than hepatrend does for a passphrase")
        derived = self._derived(padded(stanza.words[1]), work)
        return unwrapped(derived, stanza.body)

    def _derived(self, salt: bytes, work: int) -> bytes:
        seasoned = VERSION + b"/scrypt" + salt
        return Scrypt(salt=seasoned, length=32, n=1 << work, r=8, p=1).derive(self.words.encode("utf-8"))


def unwrapped(key: bytes, body: bytes) -> bytes | None:
    """The key of a file that was sealed with this one; None where it was not."""
    if len(body) != _KEY + _TAG:
        return None
    with suppress(InvalidTag):
        return ChaCha20Poly1305(key).decrypt(_NO_NONCE, body, None)
    return None


def derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA256, 32 bytes."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(secret)


class Sealed:
    """A file that is written encrypted: ``write`` what belongs into it, ``close`` once at its end.

    Args:
        out: where it goes; it stays open.
        recipients: whom it is sealed for.
    """

    def __init__(self, out: BinaryIO, recipients: Sequence[Recipient]):
        key, nonce = os.urandom(_KEY), os.urandom(_NONCE)
        head = _header([one.seal(key) for one in recipients])
        out.write(head + b" " + unpadded(_authenticated(key, head)).encode() + b"\n" + nonce)
        self._out, self._held, self._number = out, bytearray(), 0
        self._cipher = ChaCha20Poly1305(derived(key, nonce, b"payload"))

    def write(self, data: bytes) -> int:
        """Encrypt as much as makes whole chunks; the last one is held, as only the end tells that it is the last."""
        self._held += data
        while len(self._held) > CHUNK:
            self._chunk(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(data)

    def close(self) -> None:
        """Write the last chunk."""
        self._chunk(bytes(self._held), last=True)
        self._held.clear()

    def _chunk(self, data: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_chunk_nonce(self._number, last), data, None))
        self._number += 1


class Opened:
    """A file that is read decrypted, chunk by chunk; nothing is given that was not authenticated.

    Args:
        source: the file, at its beginning.
        identities: who opens it; the first that can.

    Raises:
        InputError: it is no such file, or none of them can open it.
        DamagedStore: it is not as it was written.
    """

    def __init__(self, source: BinaryIO, identities: Sequence[Identity]):
        self._source = source
        head, stanzas, mac = _read_header(source)
        key = _key_of(stanzas, identities)
        try:
            _mac(key, head).verify(mac)
        except InvalidSignature as error:
            raise DamagedStore("its header is not as it was written") from error
        nonce = source.read(_NONCE)
        self._cipher = ChaCha20Poly1305(derived(key, nonce, b"payload"))
        self._chunks = self._all(source.read(CHUNK + _TAG))
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer at the end; all where nothing is said."""
        while size < 0 or len(self._held) < size:
            more = next(self._chunks, None)
            if more is None:
                break
            self._held += more
        given = self._held if size < 0 else self._held[:size]
        self._held = self._held[len(given) :]
        return given

    def _all(self, here: bytes) -> Iterator[bytes]:
        number = 0
        while True:
            after = self._source.read(CHUNK + _TAG)
            last = not after
            try:
                data = self._cipher.decrypt(_chunk_nonce(number, last), here, None)
            except (InvalidTag, ValueError) as error:
                raise DamagedStore(
                    f"it is cut off or not as it was written, at byte {number * CHUNK:,} of what is in it"
                ) from error
            if not data and number:
                raise DamagedStore("it is not as it was written: its end is empty")
            yield data
            if last:
                return
            here, number = after, number + 1


def is_sealed(head: bytes) -> bool:
    """Whether a file that begins so is of this format."""
    return head.startswith(VERSION + b"\n")


def _key_of(stanzas: Sequence[Stanza], identities: Sequence[Identity]) -> bytes:
    for identity in identities:
        for stanza in stanzas:
            key = identity.open(stanza)
            if key is not None and len(key) == _KEY:
                return key
    sealed = "a passphrase" if any(s.words[0] == "scrypt" for s in stanzas) else "keys"
    raise InputError(f"{'; '.join(i.refused for i in identities)} (it is sealed for {sealed})")


def _header(stanzas: Sequence[Stanza]) -> bytes:
    lines = [VERSION.decode()]
    for stanza in stanzas:
        lines.append(" ".join(("->", *stanza.words)))
        text = unpadded(stanza.body)
        lines += [text[i : i + _LINE] for i in range(0, len(text) + 1, _LINE)]
    return "\n".join([*lines, "---"]).encode("ascii")


def _read_header(source: BinaryIO) -> tuple[bytes, list[Stanza], bytes]:
    """The header as it stands up to its mark, what is in it, and its authentication."""
    if source.readline(len(VERSION) + 1) != VERSION + b"\n":
        raise InputError("it is not an encrypted backup (age, version 1)")
    head, stanzas = VERSION + b"\n", list[Stanza]()
    while len(head) < _MOST_HEADER:
        line = source.readline(_MOST_HEADER)
        if line.startswith(b"--- ") and line.endswith(b"\n"):
            return head + b"---", stanzas, padded(_text(line)[4:])
        words = _text(line).split(" ")
        if words[0] != "->" or len(words) < 2 or not all(words):
            break
        head += line
        body = ""
        while True:
            line = source.readline(_LINE + 2)
            head, part = head + line, _text(line)
            body += part
            if len(part) != _LINE or not line.endswith(b"\n"):
                break
        stanzas.append(Stanza(tuple(words[1:]), padded(body)))
    raise DamagedStore("its header is cut off or not as it was written")


def _text(line: bytes) -> str:
    try:
        return line.rstrip(b"\n").decode("ascii")
    except UnicodeDecodeError as error:
        raise DamagedStore("its header is not as it was written") from error


def _mac(key: bytes, head: bytes) -> hmac.HMAC:
    made = hmac.HMAC(derived(key, b"", b"header"), hashes.SHA256())
    made.update(head)
    return made


def _authenticated(key: bytes, head: bytes) -> bytes:
    return _mac(key, head).finalize()


def _chunk_nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def unpadded(data: bytes) -> str:
    """Base64 without its padding, as the format has it."""
    return base64.b64encode(data).decode("ascii").rstrip("=")


def padded(text: str) -> bytes:
    """The bytes of base64 without padding.

    Raises:
        DamagedStore: it is none.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (Base64Error, ValueError) as error:
        raise DamagedStore("its header is not as it was written") from error
    if unpadded(data) != text:  # bits that say nothing are nought
        raise DamagedStore("its header is not as it was written")
    return data
