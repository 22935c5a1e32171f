"""A real PostgreSQL server for the tests that need one."""

from __future__ import annotations

import itertools

import pytest
import sqlalchemy as sa

from tests.analytics.store.postgres_server import NotHere, server

_number = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server():
    try:
        with server() as address:
            yield address
    except NotHere as why:
        pytest.skip(f"no PostgreSQL server: {why}")


@pytest.fixture
def postgres_url(postgres_server, tmp_path):
    """Address of an empty database with its folder."""
    name = f"case{next(_number)}"
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?") + f"&folder={tmp_path / 'pg'}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
