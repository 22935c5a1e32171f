"""Reads every module of this code base, and what a worker of Dask consists of, when it is imported."""

import importlib

from tests.read_ahead import read_ahead

read_ahead()
importlib.import_module("distributed.nanny")
