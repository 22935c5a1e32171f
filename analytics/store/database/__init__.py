"""The database below the store: engines, schema, locks, keys and files that are written whole."""
