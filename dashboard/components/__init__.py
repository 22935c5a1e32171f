"""Html builders that more than one page uses."""
