"""A question in plain words: read, checked, answered, and compared with an earlier answer."""
