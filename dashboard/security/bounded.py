"""Answers of other servers: read as they arrive, within so many bytes and so many seconds altogether.

A time-out of a socket alone bounds nothing: whoever sends a byte every few seconds is never late.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

MOST_BYTES = 1 << 20
"""Of a description, of keys, of tokens, of what is said of a person (house); real ones have some kilobytes."""
OUT_OF_FORM = (TypeError, AttributeError, LookupError, ValueError, ArithmeticError, RecursionError)
"""What comes of an answer whose parts are of another kind than they should be, wherever that shows first."""
_CHUNK = 64 << 10


def parts_of(answer: Response) -> Iterator[bytes]:
    """The body in the pieces in which it comes; each waits for the next byte alone.

    Raises:
        requests.RequestException: it broke off.
    """
    import requests
    from urllib3.exceptions import HTTPError

    try:
        while part := answer.raw.read1(_CHUNK, decode_content=True):
            yield part
    except (HTTPError, OSError) as error:
        raise requests.ConnectionError(error) from error


def bounded(session: Session, seconds: float) -> None:
    """From now on the session reads every answer whole within bounds, unless it asks for a stream.

    What is longer, or takes longer from its first line to its last byte, is a ``requests.RequestException``.
    """
    from requests.adapters import HTTPAdapter

    class Bounded(HTTPAdapter):
        """Reads the body at once."""

        def send(self, request: PreparedRequest, stream: bool = False, *rest: Any, **more: Any) -> Response:
            """The answer, with its body."""
            answer: Response = super().send(request, stream, *rest, **more)
            if not stream:
                arriving, body = answer.raw, _body(answer, seconds)
                answer.raw = io.BytesIO(body)
                arriving.release_conn()
            return answer

    for scheme in ("http://", "https://"):
        session.mount(scheme, Bounded())


def _body(answer: Response, seconds: float) -> bytes:
    import requests

    body, until = bytearray(), time.monotonic() + seconds
    for part in parts_of(answer):
        body += part
        if len(body) > MOST_BYTES or time.monotonic() > until:
            answer.raw.close()
            raise requests.Timeout("the answer is too long, or takes too long")
    return bytes(body)
