"""The web below the pages: routes, request context, component ids, component JSON, static HTML."""
