"""A PostgreSQL server that a test may stop."""

from tests.analytics.store.conftest import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]
