"""The database, the published snapshot and the audit log."""
