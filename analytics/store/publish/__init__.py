"""An import becomes part of the store: one transaction, then a new data version."""
