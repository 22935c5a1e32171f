"""Delivery: whole files, mail over TLS that identifies nobody, nothing to anywhere else."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pandas as pd
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fsspec.spec import AbstractFileSystem

from analytics.errors import DeliveryFailed, SettingsError
from analytics.store.database import object_store
from analytics.store.database.object_store import SCHEMES
from dashboard.config import Smtp
from dashboard.reporting.archive import Published
from dashboard.reporting.delivery import deliver, target_of
from tests.object_server import empty_bucket

NOW = pd.Timestamp("2026-06-01 06:00")
ONE = Published({"digest-abc-20260601T060000Z.html": b"<html>digest</html>"}, "3 new findings", "three are new\n")
TWO = Published({"x/index.html": b"index", "x/a.html": b"a"}, "2 reports", "text\n")


def send(published: Published, text: str, smtp: Smtp | None = None) -> None:
    deliver(published, target_of(text), smtp or Smtp(), message_id="<scheduled-run@hepatrend>", now=NOW)


def test_a_folder_gets_whole_private_files_and_doing_it_twice_leaves_one(tmp_path: Path):
    for _ in range(2):
        send(TWO, f"folder:{tmp_path / 'out'}")
    files = sorted(p for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert [p.name for p in files] == ["a.html", "index.html"]
    assert all(p.stat().st_mode & 0o777 == 0o600 for p in files)


@pytest.mark.parametrize(
    "text",
    [
        "simplecache::http://host/x", "simplecache::file:///x", "memory://x", "file:///x", "local:///x", "http://host/x",
        "s3::http://host", "s3://b/../c", "s3:///x", "s3://", "zip://x::s3://b/y", "reference://x", "sftp://host/x",
        "smb://host/x", "github://o:r@/x", "dir::s3://b", "S3://b", "s3://b\n/x", "s3://b?x=y", "data:text/plain,x",
        "filecache::s3://b/x", "blockcache::https://h/x", "jupyter://h/x", "webhdfs://h/x", "s3://b/x::http://h",
    ],
)  # fmt: skip
def test_only_object_stores_of_the_list_are_places_to_deliver_to(text: str):
    with pytest.raises(SettingsError, match="no place to deliver to"):
        target_of(text)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_every_store_of_the_list_is_taken(scheme: str):
    assert target_of(f"{scheme}://bucket/reports/liver").kind == "remote"
    assert target_of(f"{scheme}://container@account.example/reports").kind == "remote"


def test_mail_goes_only_to_the_domains_that_the_site_configured():
    allowed = ("hospital.example", "@Clinic.example")
    for good in ("a@hospital.example", "a@HOSPITAL.example,b@clinic.example"):
        assert target_of(f"mailto:{good}", allowed).kind == "mail"
    for strange in ("a@elsewhere.example", "a@hospital.example,b@elsewhere.example", "a@sub.hospital.example"):
        with pytest.raises(SettingsError, match="mail goes only to"):
            target_of(f"mailto:{strange}", allowed)


def test_a_schedule_from_before_the_domains_were_set_mails_nothing():
    smtp = Smtp(host="127.0.0.1", port=1, domains=("hospital.example",))
    with pytest.raises(SettingsError, match="mail goes only to"):
        send(ONE, "mailto:a@elsewhere.example", smtp)


class ObjectStore(AbstractFileSystem):  # type: ignore[misc]  fsspec has no types
    """What an object store can do: whole objects by key; no folders, no rename, no append."""

    protocol = ("s3", "objects")
    cachable = False
    objects: ClassVar[dict[str, bytes]] = {}

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: object) -> None:
        self.objects[path] = value

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        raise AssertionError(f"a bucket {path!r} would come to be, also one whose name is misspelt")

    def mv(self, *_: object, **__: object) -> None:
        raise NotImplementedError("an object store renames nothing")

    cp_file = mv


def test_an_object_store_gets_whole_objects_the_index_last_and_nothing_is_renamed(monkeypatch):
    # under another name, so that the true s3 stays what it is for other tests
    monkeypatch.setattr(object_store, "SCHEMES", {"objects"})
    fsspec.register_implementation("objects", ObjectStore, clobber=True)
    for _ in range(2):
        send(TWO, "objects://bucket/reports")
    assert ObjectStore.objects == {"bucket/reports/x/a.html": b"a", "bucket/reports/x/index.html": b"index"}
    assert list(ObjectStore.objects)[-1].endswith("index.html")


def test_a_bucket_of_s3_gets_the_report_and_one_that_is_not_there_is_told():
    bucket = empty_bucket()
    send(TWO, f"{bucket}/reports")
    system = fsspec.filesystem("s3")
    assert {name: system.cat_file(f"{bucket}/reports/{name}") for name in TWO.files} == TWO.files
    with pytest.raises(DeliveryFailed, match="not delivered to s3://elsewhere/reports"):
        send(TWO, "s3://elsewhere/reports")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "folder:",
        "mailto:nobody",
        "mailto:a@b\nBcc: c@d",
        "mailto:<a@b>",
        "https://host/x",
        "ftp://host",
        "elsewhere",
    ],
)
def test_what_is_no_target_is_refused(text: str):
    with pytest.raises(SettingsError):
        target_of(text)


def test_a_folder_that_cannot_be_written_is_said_without_a_trace(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DeliveryFailed, match="not delivered to folder:"):
        send(ONE, f"folder:{tmp_path / 'file'}")


@dataclass
class Box:
    """A mail server of this test."""

    host: str
    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        self.encrypted.append(session.ssl is not None)
        self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"


def _check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = (data.login, data.password) == (b"hepatrend", b"secret")
    return AuthResult(success=good, handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    key.write_bytes(secret.private_bytes(pem, form, plain))
    return cert, key


class _AnyPort(Controller):
    """Takes the port that the system gave, so that tests can run side by side."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def box(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    """A server that takes mail only by TLS and from who knows the password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    found = Box("localhost", 0)
    controller = _AnyPort(
        found, hostname="127.0.0.1", port=0, tls_context=context, require_starttls=True,
        authenticator=_check, auth_required=True,
    )  # fmt: skip
    controller.start()
    found.port = controller.port
    yield found
    controller.stop()


def smtp(box: Box, **more: Any) -> Smtp:
    values = {
        "host": box.host,
        "port": box.port,
        "user": "hepatrend",
        "password": "secret",
        "sender": "r@clinic.example",
    }
    return Smtp(**(values | more))


def test_a_mail_goes_by_tls_with_the_text_as_body_and_the_report_attached(box: Box):
    send(ONE, "mailto:a@clinic.example,b@clinic.example", smtp(box))
    assert box.encrypted == [True]
    mail = box.mails[0]
    assert mail["Subject"] == "3 new findings"
    assert mail["To"] == "a@clinic.example, b@clinic.example"
    assert mail["Message-ID"] == "<scheduled-run@hepatrend>"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "three are new"
    parts = list(mail.iter_attachments())
    assert [p.get_filename() for p in parts] == ["digest-abc-20260601T060000Z.html"]
    assert parts[0].get_content_type() == "text/html"


def test_many_files_are_not_attached_and_the_mail_says_so(box: Box):
    send(TWO, "mailto:a@clinic.example", smtp(box))
    assert not list(box.mails[0].iter_attachments())
    body = box.mails[0].get_body(("plain",))
    assert body is not None
    assert "not attached" in body.get_content()


def test_a_server_whose_certificate_nobody_knows_gets_nothing(box: Box, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DeliveryFailed, match="SSL"):
        send(ONE, "mailto:a@clinic.example", smtp(box))
    assert box.mails == []


def test_a_wrong_password_is_a_failure_and_not_told(box: Box):
    with pytest.raises(DeliveryFailed, match="SMTPAuthenticationError") as caught:
        send(ONE, "mailto:a@clinic.example", smtp(box, password="wrong"))
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            smtplib.SMTPDataError(552, b"5.3.4 Message too big\r\n for\x00 this"),
            "SMTPDataError (552 5.3.4 Message too big for this)",
        ),
        (
            smtplib.SMTPRecipientsRefused({"a@clinic.example": (550, b"no such user here")}),
            "SMTPRecipientsRefused (a@clinic.example: 550 no such user here)",
        ),
        (smtplib.SMTPNotSupportedError("STARTTLS extension not supported"), "(STARTTLS extension not supported)"),
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError (Connection refused)"),
        (smtplib.SMTPAuthenticationError(535, b"no: secret is wrong"), "SMTPAuthenticationError (535 no: … is wrong)"),
        (ValueError("patient MRN-1 has 0"), "not delivered to mailto:a@clinic.example: ValueError"),
    ],
)
def test_what_a_mail_server_said_is_kept_in_its_own_words(monkeypatch: pytest.MonkeyPatch, error: Exception, said: str):
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("dashboard.reporting.delivery._send", refuse)
    with pytest.raises(DeliveryFailed) as told:
        send(ONE, "mailto:a@clinic.example", Smtp(host="mail.example", password="secret"))
    assert str(told.value).endswith(said)
    assert "secret" not in str(told.value)


def test_of_a_long_answer_of_a_server_the_beginning_is_kept(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise smtplib.SMTPDataError(550, b"long " * 10_000)

    monkeypatch.setattr("dashboard.reporting.delivery._send", refuse)
    with pytest.raises(DeliveryFailed) as told:
        send(ONE, "mailto:a@clinic.example", Smtp(host="mail.example"))
    assert len(str(told.value)) < 400


def test_mail_without_tls_leaves_this_machine_never():
    with pytest.raises(SettingsError, match="without TLS"):
        send(ONE, "mailto:a@clinic.example", Smtp(host="mail.clinic.example", starttls=False))
    with pytest.raises(SettingsError, match="no mail server"):
        send(ONE, "mailto:a@clinic.example")
