"""An object store of one test session on this machine: moto's server, which speaks the protocol of S3."""

from __future__ import annotations

import itertools
import os
from functools import cache

import pytest

_number = itertools.count(1)


@cache
def _client() -> object:
    """A client of the server, which ends with the process; the environment names it with made-up credentials.

    One server a process: fsspec keeps the connection that it made first.
    """
    moto_server = pytest.importorskip("moto.server", reason="the package moto is not installed")
    boto3 = pytest.importorskip("boto3", reason="the package boto3 is not installed")
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return boto3.client("s3")


def empty_bucket() -> str:
    """Address of a bucket that nothing is in."""
    name = f"liver-{next(_number)}"
    _client().create_bucket(Bucket=name)  # type: ignore[attr-defined]
    return f"s3://{name}"
