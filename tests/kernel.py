"""The kernel of a notebook as a script, for forks of a process that has read the libraries (tests/installed.py)."""

from ipykernel.kernelapp import launch_new_instance

launch_new_instance()
