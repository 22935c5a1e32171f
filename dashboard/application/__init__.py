"""The application itself: create_app, the server, the shell around every page."""
