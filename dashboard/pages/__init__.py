"""One file per page: PATH, layout, connect."""
