"""Bytes to accepted rows and quarantined rows; nothing lost, nothing guessed."""

from analytics.ingest.one_table import Stream
from analytics.ingest.outcome import Batch, Ingest
from analytics.ingest.preview import Preview, preview
from analytics.ingest.profile import Profile
from analytics.ingest.reader import read, stream
from analytics.ingest.reading.source import fingerprint

__all__ = ["Batch", "Ingest", "Preview", "Profile", "Stream", "fingerprint", "preview", "read", "stream"]
