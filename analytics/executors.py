"""One seam for running the same function over many buckets: here, in processes of this machine, or on a Dask cluster.

The function and its buckets must be picklable and name files rather than carry data; it must set no state. Then the
three executors give equal results, in the order of the buckets.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeVar, get_args

from analytics.errors import InputError, MissingExtra

Executor = Literal["serial", "processes", "dask"]
EXECUTORS: tuple[str, ...] = get_args(Executor)

Item = TypeVar("Item")
Result = TypeVar("Result")

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run(
    function: Callable[[Item], Result],
    buckets: Sequence[Item],
    executor: Executor = "serial",
    *,
    workers: int | None = None,
    address: str = "",
) -> list[Result]:
    """Apply ``function`` to each bucket.

    Args:
        function: importable by name on every worker.
        buckets: what it takes, one at a time.
        executor: serial, processes or dask.
        workers: how many; as many as this machine has processors where None.
        address: of a Dask scheduler; a cluster of this machine alone where empty.

    Returns:
        Results in the order of the buckets.

    Raises:
        InputError: no such executor.
        MissingExtra: Dask is not installed.
    """
    if executor not in EXECUTORS:
        raise InputError(f"no executor {executor!r}; known: {', '.join(EXECUTORS)}")
    if executor == "dask":
        return _on_dask(function, buckets, workers, address)
    count = min(workers or os.cpu_count() or 1, len(buckets))
    if executor == "processes" and count > 1:
        return _in_processes(function, buckets, count)
    return [function(bucket) for bucket in buckets]


def _in_processes(function: Callable[[Item], Result], buckets: Sequence[Item], workers: int) -> list[Result]:
    """Fresh processes, so that no lock or open database of this one is copied into them."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")
    with _one_thread_each(), ProcessPoolExecutor(workers, mp_context=context) as pool:
        return list(pool.map(function, buckets))


def _on_dask(
    function: Callable[[Item], Result], buckets: Sequence[Item], workers: int | None, address: str
) -> list[Result]:
    try:
        from distributed import Client, LocalCluster
    except ModuleNotFoundError as error:
        raise MissingExtra("distributed", "running on a cluster") from error
    with _one_thread_each():
        cluster: Any = None
        if not address:
            cluster = LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=workers or os.cpu_count() or 1,
                threads_per_worker=1,
                dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # any free port, never the fixed one
            )
        try:
            with Client(address or cluster) as client:  # type: ignore[no-untyped-call]
                futures = client.map(function, list(buckets), pure=False)
                return [future.result() for future in futures]
        finally:
            if cluster is not None:
                cluster.close()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Workers inherit that linear algebra uses one thread: the buckets are the parallel part."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
