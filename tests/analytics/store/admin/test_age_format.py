"""The age format: what another tool wrote is read, and nothing that was changed is given out."""

from __future__ import annotations

import base64
import io
import os
import subprocess
from pathlib import Path

import pytest

from analytics.errors import DamagedStore, HepatrendError, InputError
from analytics.store.admin.age_format import CHUNK, Opened, Passphrase, Sealed
from analytics.store.admin.age_keys import identity_of, recipient_of

WORDS = Passphrase("a long and secret sentence", work=4)
TAG = 16
OTHERS_KEY = "AGE-SECRET-KEY-14E353Q0L0RJ35F04G04T37HY0WMTQYSPXMDKT4383U3ZLYWW93VSWN4297"
OTHERS_PUBLIC = "age1u3y5h84gfe6dqp0ztfddktn9gha57596drf3yz72rszalqrkrp8s6ath64"
OTHERS_FILE = (
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBkbTlzZ3Bhc2dIK2VUdm94eDUwMHZzMFBtMzMwU2E5Rk4wU3JRdjlacDJv"
    "CkxTbkRoUTlLM0hMc2dwanorZUZ0NGdNMURRZWVISUhlUERKaGZpbm9CTE0KLT4gKDJxVD9JLWdyZWFzZQpWbmlFdncraGprMUZR"
    "eWV4cmp1SDRsbwotLS0gQmJIYXErNW41Q25pYmVhWFVaOStnenpqT3JDMnlBOTFtOXRzZUxVdjNqYwqB3a0IaUBHOy2yKRbk1Qn/"
    "5cLvZXN3h/QUI7zwbatF0Q1FfaFQmNAe0kRvO6rnGfOCHK1U"
)
"""Written by another tool of this format (pyrage 1.3, the Rust implementation)."""


def sealed(data: bytes, *recipients) -> bytes:
    out = io.BytesIO()
    writer = Sealed(out, recipients or [WORDS])
    for start in range(0, len(data), 50_000):
        writer.write(data[start : start + 50_000])
    writer.close()
    return out.getvalue()


def opened(data: bytes, identity=WORDS) -> bytes:
    return Opened(io.BytesIO(data), [identity]).read()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 17])
def test_what_was_sealed_is_opened(size: int):
    data = os.urandom(size)
    assert opened(sealed(data)) == data


def test_it_is_read_in_pieces_of_any_size():
    data = os.urandom(3 * CHUNK)
    reader = Opened(io.BytesIO(sealed(data)), [WORDS])
    assert b"".join(iter(lambda: reader.read(777), b"")) == data


def test_what_another_tool_wrote_is_opened(tmp_path: Path):
    key = tmp_path / "key.txt"
    key.write_text(f"# created: today\n# public key: {OTHERS_PUBLIC}\n{OTHERS_KEY}\n")
    assert opened(base64.b64decode(OTHERS_FILE), identity_of(key)) == b"made by another tool"
    assert opened(sealed(b"for them", recipient_of(OTHERS_PUBLIC)), identity_of(key)) == b"for them"


@pytest.mark.parametrize("kind", [("X25519",), ("RSA", "-pkeyopt", "rsa_keygen_bits:2048")], ids=["X25519", "RSA"])
def test_keys_of_openssl_seal_and_open(tmp_path: Path, kind: tuple[str, ...]):
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", *kind, "-out", private], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    made = sealed(b"content", recipient_of(str(public)), recipient_of(OTHERS_PUBLIC))
    assert opened(made, identity_of(private)) == b"content"
    with pytest.raises(InputError, match="does not open it"):
        opened(made)


@pytest.mark.parametrize("text", ["age1qqqq", OTHERS_PUBLIC[:-1] + "q", "/dev/null", "none.pem"])
def test_what_is_no_key_is_refused(text: str):
    with pytest.raises(InputError):
        recipient_of(text)


def test_a_short_rsa_key_is_refused(tmp_path: Path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    public = rsa.generate_private_key(65537, 1024).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    (tmp_path / "weak.pem").write_bytes(public.public_bytes(serialization.Encoding.PEM, form))
    with pytest.raises(InputError, match="2048"):
        recipient_of(str(tmp_path / "weak.pem"))


def test_every_byte_counts():
    made = sealed(b"x" * 100)
    for place in range(len(made)):
        for bit in (0, 5):
            changed = bytearray(made)
            changed[place] ^= 1 << bit
            with pytest.raises(HepatrendError):
                opened(bytes(changed))


def test_every_cut_is_noticed():
    made = sealed(os.urandom(2 * CHUNK + 5))
    head = len(made) - (2 * CHUNK + 5) - 3 * TAG
    for length in (*range(head), head, head + CHUNK + TAG, head + 2 * (CHUNK + TAG), len(made) - 1):
        with pytest.raises(HepatrendError):
            opened(made[:length])


def test_chunks_that_changed_places_or_came_twice_are_noticed():
    data = b"".join(bytes([n]) * CHUNK for n in range(3))
    made = sealed(data)
    body = 3 * (CHUNK + TAG)
    head, (a, b, c) = made[:-body], [made[len(made) - body :][i * (CHUNK + TAG) :][: CHUNK + TAG] for i in range(3)]
    assert opened(head + a + b + c) == data
    for order in ((b, a, c), (a, c), (a, b), (a, b, c, c), (a, a, b, c), (c,)):
        with pytest.raises(DamagedStore, match="cut off or not as it was written"):
            opened(head + b"".join(order))


def test_a_header_cannot_ask_for_endless_work():
    made = sealed(b"x").replace(b" 4\n", b" 30\n", 1)
    with pytest.raises(InputError, match="more work"):
        opened(made)


@pytest.mark.parametrize("content", [b"", b"age-encryption.org/v1", b"age-encryption.org/v1\n" + b"-> a b\n" * 99_999])
def test_what_is_no_such_file_is_said_so(content: bytes):
    with pytest.raises(HepatrendError, match=r"not an encrypted backup|header"):
        opened(content)
