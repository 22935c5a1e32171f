"""Bytes to accepted rows and quarantined rows; nothing lost, nothing guessed."""

from analytics.ingest.outcome import Batch, Ingest

__all__ = ["Batch", "Ingest"]
