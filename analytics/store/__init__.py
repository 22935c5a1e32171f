"""The store: imported rows in a database, a published snapshot in Parquet, an audit log."""

from analytics.store.admin_store import Admin, open_store
from analytics.store.publish.receipt import Receipt
from analytics.store.read_store import ReadStore, UserStore
from analytics.store.store import Store

__all__ = ["Admin", "ReadStore", "Receipt", "Store", "UserStore", "open_store"]
