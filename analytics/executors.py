"""One seam for running the same function over many buckets: here, in processes of this machine, or on a Dask cluster.

The function and its buckets must be picklable and name files rather than carry data; it must set no state. Then the
three executors give equal results, in the order of the buckets. A process or a worker that dies on the way costs time
and no bucket: what it had in hand is done again, and only a bucket that is lost again and again ends the run.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, cast, get_args

from analytics.errors import ClusterError, InputError, MissingExtra

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

    from distributed import Client

Executor = Literal["serial", "processes", "dask"]
EXECUTORS: tuple[str, ...] = get_args(Executor)

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Is told how many buckets are done, and of how many."""


class How(TypedDict, total=False):
    """How many workers, of which scheduler, and who is told; as for :func:`run`."""

    workers: int | None
    address: str
    told: Progress | None


CONNECT_SECONDS = 5
"""A scheduler that does not answer within this time is down."""
WORKERS_SECONDS = 20
"""A scheduler without a worker after this time has none."""
TRIES = 3
"""So often processes may end one after the other without one more bucket done before the run ends."""
AHEAD = 4
"""Buckets a worker that are begun before their result is asked for: none waits for the next, and few wait in memory."""
_PACKAGES = ("analytics", "dashboard")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Workers inherit that linear algebra uses one thread: the buckets are the parallel part."""


@lru_cache(maxsize=1)
def code() -> str:
    """Short hash of all our code, for ``version``: workers with another one would say another thing."""
    root, state = Path(__file__).parent.parent, hashlib.blake2b(digest_size=4)
    for path in sorted(p for package in _PACKAGES for p in (root / package).rglob("*.py")):
        state.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return state.hexdigest()


def meant(executor: str | None, workers: int | None, address: str) -> Executor:
    """The executor that was named; else dask where a scheduler is, processes where several workers are, else serial."""
    if executor is None:
        return "dask" if address else "processes" if (workers or 1) > 1 else "serial"
    if executor not in EXECUTORS:
        raise InputError(f"no executor {executor!r}; known: {', '.join(EXECUTORS)}")
    return cast(Executor, executor)


def run(
    function: Callable[[Item], Result],
    buckets: Sequence[Item],
    executor: Executor = "serial",
    *,
    workers: int | None = None,
    address: str = "",
    version: Callable[[], str] | None = None,
    told: Progress | None = None,
) -> list[Result]:
    """Apply ``function`` to each bucket.

    Args:
        function: importable by name on every worker.
        buckets: what it takes, one at a time.
        executor: serial, processes or dask.
        workers: how many; as many as this machine has processors where None.
        address: of a Dask scheduler; a cluster of this machine alone where empty.
        version: importable by name; what it returns must be the same here and on every worker of a cluster.
        told: is told after each bucket.

    Returns:
        Results in the order of the buckets.

    Raises:
        InputError: no such executor.
        MissingExtra: Dask is not installed.
        ClusterError: the scheduler is away, has no workers, has workers of another version, or loses them.
    """
    return list(each(function, buckets, executor, workers=workers, address=address, version=version, told=told))


def each(
    function: Callable[[Item], Result],
    buckets: Sequence[Item],
    executor: Executor = "serial",
    *,
    workers: int | None = None,
    address: str = "",
    version: Callable[[], str] | None = None,
    told: Progress | None = None,
) -> Iterator[Result]:
    """As :func:`run`, a result at a time: whoever writes them away needs memory for a few, not for all.

    No more than ``AHEAD`` buckets a worker are begun before their result is asked for.
    """
    meant(executor, workers, address)
    done = _Done(len(buckets), told)
    if executor == "dask":
        return _on_dask(function, buckets, workers, address, version, done)
    count = min(workers or os.cpu_count() or 1, len(buckets))
    if executor == "processes" and count > 1:
        return _in_processes(function, buckets, count, done)
    return (done.with_one(function(bucket)) for bucket in buckets)


class _Done:
    """Counts what is done, and tells it."""

    def __init__(self, total: int, told: Progress | None):
        self._total, self._told, self._count = total, told, 0

    def with_one(self, result: Result) -> Result:
        """The same result, counted."""
        self._count += 1
        if self._told is not None:
            self._told(self._count, self._total)
        return result


def _in_processes(
    function: Callable[[Item], Result], buckets: Sequence[Item], workers: int, done: _Done
) -> Iterator[Result]:
    """Fresh processes, so that no lock or open database of this one is copied into them."""
    early: dict[int, Result] = {}
    given, lost, before = 0, 0, -1
    while given < len(buckets):
        try:
            for result in _of_a_pool(function, buckets, given, workers, early):
                given += 1
                yield done.with_one(result)
        except BrokenProcessPool as error:
            lost = 1 if given + len(early) > before else lost + 1
            before = given + len(early)
            if lost == TRIES:
                raise ClusterError(
                    f"processes ended {TRIES} times before their bucket was done (out of memory?); fewer workers need "
                    "less memory"
                ) from error


def _of_a_pool(
    function: Callable[[Item], Result], buckets: Sequence[Item], first: int, workers: int, early: dict[int, Result]
) -> Iterator[Result]:
    """Results from the first one on; ``early`` are those that were done before their turn when a process died."""
    futures: dict[int, Future[Result]] = {}
    with _environment(_ONE_THREAD), ProcessPoolExecutor(workers, mp_context=_fresh(function)) as pool:
        try:
            for i in range(first, len(buckets)):
                for j in range(i, min(i + AHEAD * workers, len(buckets))):
                    if j not in early and j not in futures:
                        futures[j] = pool.submit(function, buckets[j])
                yield early.pop(i) if i in early else futures.pop(i).result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            late = {i: f for i, f in futures.items() if f.done() and not f.cancelled()}
            early |= {i: f.result() for i, f in late.items() if f.exception() is None}
            raise


def _fresh(function: Callable[[Item], Result]) -> BaseContext:
    """Processes that hold nothing of this one: forked of another, new one that reads our code once for all of them.

    Where a system cannot fork, each begins anew and reads it for itself. That one finds our code where this process
    found it: not in the folder that it happens to be in, where another checkout may lie.
    """
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    module = getattr(getattr(function, "func", function), "__module__", "")
    context.set_forkserver_preload([module if module.partition(".")[0] in _PACKAGES else "analytics.analysis"])
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    with _environment({"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}):
        forkserver.ensure_running()
    return context


def _on_dask(
    function: Callable[[Item], Result],
    buckets: Sequence[Item],
    workers: int | None,
    address: str,
    version: Callable[[], str] | None,
    done: _Done,
) -> Iterator[Result]:
    try:
        from distributed import KilledWorker
    except ModuleNotFoundError as error:
        raise MissingExtra("distributed", "running on a cluster") from error
    with _environment(_ONE_THREAD), _client(address, workers) as client:
        if version is not None:
            _check_version(client, version)
        ahead = AHEAD * sum(client.nthreads().values())  # type: ignore[no-untyped-call]
        futures: dict[int, Any] = {}
        try:
            for i in range(len(buckets)):
                for j in range(i + len(futures), min(i + ahead, len(buckets))):
                    futures[j] = client.submit(function, buckets[j], pure=False, retries=0)
                yield done.with_one(futures.pop(i).result())
        except KilledWorker as error:
            raise ClusterError(
                f"a bucket was lost with {error.allowed_failures + 1} workers one after the other (out of memory?); "
                "look into the logs of the workers"
            ) from error
        finally:
            client.cancel(list(futures.values()))  # type: ignore[no-untyped-call]


@contextmanager
def _client(address: str, workers: int | None) -> Iterator[Client]:
    """A client of the scheduler at the address, with at least one worker behind it; else of a cluster made here."""
    from distributed import Client, LocalCluster

    cluster: Any = None
    if not address:
        cluster = LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers or os.cpu_count() or 1,
            threads_per_worker=1,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # any free port, never the fixed one
        )
    try:
        client = _connected(address) if address else Client(cluster)  # type: ignore[no-untyped-call]
        with client:
            try:
                client.wait_for_workers(1, timeout=WORKERS_SECONDS)
            except TimeoutError as error:
                raise ClusterError(
                    f"the scheduler at {address} has no workers after {WORKERS_SECONDS} s; start: dask worker {address}"
                ) from error
            yield client
    finally:
        if cluster is not None:
            cluster.close()


def _connected(address: str) -> Client:
    """A client of a scheduler that was seen to answer: one that cannot connect would complain when it is freed."""
    import asyncio

    from distributed import Client, Security
    from distributed.comm.core import connect

    async def look() -> None:
        security = Security()  # type: ignore[no-untyped-call]
        found = await connect(address, timeout=CONNECT_SECONDS, **security.get_connection_args("client"))  # type: ignore[no-untyped-call]
        await found.close()

    form = "; the form is tcp://HOST:PORT"
    try:
        with ThreadPoolExecutor(1) as beside:  # a notebook has a loop of its own in this thread
            beside.submit(asyncio.run, look()).result()
    except (ValueError, TypeError) as error:
        raise ClusterError(f"{address!r} is no address of a Dask scheduler{form}") from error
    except OSError as error:
        raise ClusterError(f"no Dask scheduler answers at {address} within {CONNECT_SECONDS} s{form}") from error
    return Client(address, timeout=CONNECT_SECONDS)  # type: ignore[no-untyped-call]


def _check_version(client: Client, version: Callable[[], str]) -> None:
    """Workers with other code would store results that are no results of this version."""
    mine = version()
    try:
        theirs: dict[str, str] = client.run(version)
    except ImportError as error:
        raise ClusterError("workers of the cluster do not have hepatrend installed") from error
    if other := sorted(worker for worker, code in theirs.items() if code != mine):
        raise ClusterError(
            f"{len(other)} of {len(theirs)} workers have another version of hepatrend than this one: {', '.join(other)}"
        )


@contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    """What is started meanwhile inherits these variables."""
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
