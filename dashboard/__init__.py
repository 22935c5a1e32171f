"""The application: command line, dashboard pages, figures and reports."""
