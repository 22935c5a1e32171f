"""The installed command, for tests of what is imported by it."""

from tests.dashboard.commands.conftest import hepatrend

__all__ = ["hepatrend"]
