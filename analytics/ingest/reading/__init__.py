"""Files that are no plain text with columns: what each becomes before a format looks at it."""
