"""Object stores, by fsspec: which there are, how an address of one reads, and how it is opened."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from analytics.errors import MissingExtra

SCHEMES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az"})
"""Schemes of the object stores that are written to: in each a file appears whole or not at all.

Whatever else fsspec knows is refused: caches and chains (``simplecache::http://``) fetch, ``file://`` writes files that
others can read, ``memory://`` keeps nothing and says that it did.
"""
_ADDRESS = re.compile(r"[a-z0-9]{2,10}://[A-Za-z0-9][A-Za-z0-9._@-]{1,200}(?:/[A-Za-z0-9._=/ -]{0,800})?")
"""A store, its bucket or container, and a folder in it."""


def is_address(text: str) -> bool:
    """Whether this is the address of a folder in an object store that is known.

    >>> is_address("s3://ward/reports"), is_address("s3://ward/../other"), is_address("simplecache::http://ward")
    (True, False, False)
    """
    return text.partition("://")[0] in SCHEMES and bool(_ADDRESS.fullmatch(text)) and ".." not in text


def opened(url: str, what: str) -> tuple[Any, str]:
    """The file system of fsspec behind an address, and the folder in it.

    Args:
        url: of which :func:`is_address` holds.
        what: what it is asked for, for the message.

    Raises:
        MissingExtra: the package for this kind of store is not installed.
    """
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(url)
    except ImportError as error:
        scheme = urlsplit(url).scheme
        raise MissingExtra(scheme, f"{what} {scheme}://") from error
    return system, str(root).rstrip("/")
