"""The store: imported rows in a database, a published snapshot in Parquet, an audit log."""

from analytics.store.publish.receipt import Receipt
from analytics.store.store import Store, open_store

__all__ = ["Receipt", "Store", "open_store"]
