"""Where reports go: a folder, mail over SMTP with TLS, or an object store. Nothing else leaves this machine."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import urlsplit

import pandas as pd

from analytics.errors import DeliveryFailed, MissingExtra, SettingsError
from analytics.store.database.atomic_files import make_folder, write_whole
from analytics.store.database.object_store import SCHEMES, is_address, opened
from dashboard.config import Smtp, is_this_machine
from dashboard.reporting.archive import Published

_MOST_MAIL_BYTES = 10_000_000
_MOST_WORDS = 300
"""Of what a server said so much is kept."""
_TLS_PORT = 465


@dataclass(frozen=True)
class Target:
    """One place to deliver to."""

    kind: Literal["folder", "mail", "remote"]
    where: str
    text: str


def target_of(text: str, domains: Collection[str] = ()) -> Target:
    """Read ``folder:PATH``, ``mailto:ADDRESS`` or the address of an object store.

    Args:
        text: as the user wrote it.
        domains: domains that mail may go to, as the site configured them; any where there is none.

    Raises:
        SettingsError: it is none of them, or the mail would leave the site's domains.
    """
    kind, _, rest = text.partition(":")
    if kind == "folder" and rest:
        return Target("folder", rest, text)
    if kind == "mailto":
        addresses = [a.strip() for a in rest.split(",")]
        if not all(a.count("@") == 1 and a.isprintable() and not set(a) & set(' <>"\\') for a in addresses):
            raise SettingsError(f"{text!r} is not a mail address")
        check_domains(addresses, domains)
        return Target("mail", ", ".join(addresses), text)
    if not is_address(text):
        known = ", ".join(f"{scheme}://" for scheme in sorted(SCHEMES))
        raise SettingsError(f"{text!r} is no place to deliver to; write folder:PATH, mailto:ADDRESS, or one of {known}")
    return Target("remote", text, text)


def check_domains(addresses: Iterable[str], domains: Collection[str]) -> None:
    """Raises SettingsError where an address is of none of these domains; any domain will do where there is none."""
    allowed = {domain.strip().lstrip("@").casefold() for domain in domains}
    strange = sorted({a.rpartition("@")[2].casefold() for a in addresses} - allowed)
    if allowed and strange:
        raise SettingsError(
            f"mail goes only to {', '.join(sorted(allowed))} (HEPATREND_SMTP__DOMAINS), not to {strange[0]}"
        )


def recipients(verb: str, targets: Iterable[str]) -> str:
    """What became of a schedule and who gets its reports, for the audit log: addresses of mail in full, of places on
    a disk or elsewhere their kind alone."""
    told = []
    for text in targets:
        target = target_of(text)
        parts = urlsplit(text)
        told.append(
            {"mail": f"mail {target.where}", "folder": "a folder"}.get(target.kind, f"{parts.scheme}://{parts.netloc}")
        )
    return f"{verb}, to {', '.join(told) or 'the store'}"


def deliver(published: Published, target: Target, smtp: Smtp, *, message_id: str, now: pd.Timestamp) -> None:
    """Bring one published report to one target; doing it twice leaves one copy.

    Args:
        published: the report.
        target: where to.
        smtp: the mail server.
        message_id: the same for every try of one scheduled run, so that a mail that was sent twice can be told apart.
        now: UTC time, for the mail's date.

    Raises:
        DeliveryFailed: it did not arrive.
        MissingExtra: the address needs a package.
    """
    try:
        if target.kind == "folder":
            _to_folder(published, Path(target.where))
        elif target.kind == "mail":
            check_domains(target.where.split(", "), smtp.domains)
            _send(mail(published, target, smtp, message_id, now), smtp)
        else:
            _to_remote(published, target.where)
    except (MissingExtra, SettingsError, DeliveryFailed):
        raise
    except Exception as error:  # the edge: what a server or a disk may raise is not ours to list
        reason = _reason(error, smtp.password.get_secret_value())
        raise DeliveryFailed(f"not delivered to {target.text}: {reason}") from error


def _reason(error: Exception, secret: str) -> str:
    """The kind of the error, and what the other side itself said: the words of a mail server, of TLS or of the system.

    Other errors may quote what they worked on, so their words are not told; nor is a password that a server repeats.
    """
    kind = error.__class__.__name__
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        words = "; ".join(f"{who}: {_answer(*said)}" for who, said in error.recipients.items())
    elif isinstance(error, smtplib.SMTPResponseException):
        words = _answer(error.smtp_code, error.smtp_error)
    elif isinstance(error, ssl.SSLCertVerificationError):
        words = error.verify_message
    elif isinstance(error, smtplib.SMTPException):
        words = str(error)
    else:
        words = error.strerror or "" if isinstance(error, OSError) else ""
    words = "".join(c if c.isprintable() else " " for c in (words.replace(secret, "…") if secret else words))
    words = " ".join(words.split())[:_MOST_WORDS]
    return f"{kind} ({words})" if words else kind


def _answer(code: int, text: bytes | str) -> str:
    """Code and text of a mail server's answer."""
    return f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"


def _to_folder(published: Published, folder: Path) -> None:
    for name, body in _own_file_last(published):
        path = folder.joinpath(*PurePosixPath(name).parts)
        make_folder(path.parent)
        write_whole(path, body)


def _own_file_last(published: Published) -> list[tuple[str, bytes]]:
    """An index comes after what it leads to."""
    return list(published.files.items())[::-1]


def _to_remote(published: Published, url: str) -> None:
    system, root = opened(url, "delivery to")
    for name, body in _own_file_last(published):
        # there are no folders to make, and a bucket whose name is misspelt must not come to be
        system.pipe_file(f"{root}/{name}", body)


def mail(published: Published, target: Target, smtp: Smtp, message_id: str, now: pd.Timestamp) -> EmailMessage:
    """The mail: the digest as text, the report attached where it is one file of fair size."""
    message = EmailMessage()
    message["Subject"] = published.headline
    message["From"] = smtp.sender or "hepatrend@localhost"
    message["To"] = target.where
    message["Date"] = format_datetime(now.tz_localize("UTC").to_pydatetime())
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    fits = len(published.files) == 1 and published.size <= _MOST_MAIL_BYTES
    note = "" if fits else f"\n\nThe report is not attached: {len(published.files)} files, {published.size} bytes.\n"
    message.set_content(published.text + note)
    if fits:
        name, body = next(iter(published.files.items()))
        kind, sub = _MEDIA.get(PurePosixPath(name).suffix, ("application", "octet-stream"))
        message.add_attachment(body, maintype=kind, subtype=sub, filename=name)
    return message


_MEDIA: Mapping[str, tuple[str, str]] = {
    ".html": ("text", "html"),
    ".txt": ("text", "plain"),
    ".pdf": ("application", "pdf"),
}


def _send(message: EmailMessage, smtp: Smtp) -> None:
    """Send by TLS; without it only to a server on this machine."""
    if not smtp.host:
        raise SettingsError("no mail server is set; set HEPATREND_SMTP__HOST and HEPATREND_SMTP__SENDER")
    if not smtp.starttls and smtp.port != _TLS_PORT and not is_this_machine(smtp.host):
        raise SettingsError("mail without TLS goes only to a server on this machine; set HEPATREND_SMTP__STARTTLS=true")
    with _connection(smtp) as server:
        if smtp.starttls and smtp.port != _TLS_PORT:
            server.starttls(context=ssl.create_default_context())
        if smtp.user:
            server.login(smtp.user, smtp.password.get_secret_value())
        server.send_message(message)


def _connection(smtp: Smtp) -> Any:
    wait = smtp.timeout_seconds
    if smtp.port == _TLS_PORT:
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=wait, context=ssl.create_default_context())
    return smtplib.SMTP(smtp.host, smtp.port, timeout=wait)
