"""The published data version in Parquet, how it is read, and what is computed from it once."""
