"""Bytes to accepted rows and quarantined rows; nothing lost, nothing guessed."""

from analytics.ingest.outcome import Batch, Ingest
from analytics.ingest.profile import Profile
from analytics.ingest.reader import Stream, read, stream
from analytics.ingest.source import fingerprint

__all__ = ["Batch", "Ingest", "Profile", "Stream", "fingerprint", "read", "stream"]
