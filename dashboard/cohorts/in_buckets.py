"""A definition asked of one bucket after the other, in processes or on a cluster: never all patients in memory."""

from __future__ import annotations

import json
from functools import partial
from typing import Unpack

from analytics import executors
from analytics.cohort.query.answered import Answered, answered, together
from analytics.cohort.query.definition import Definition, from_json
from analytics.cohort.query.run import run
from analytics.store import Store
from analytics.store.snapshot import analysis_cache
from analytics.store.snapshot.population import of_bucket


def run_in_buckets(
    definition: Definition, store: Store, executor: executors.Executor = "serial", **how: Unpack[executors.How]
) -> Answered:
    """The same answer as of the whole store at once, to the last digit.

    Args:
        definition: what is asked.
        store: the newest generation is asked.
        executor: see analytics.executors.run, as the others.
        how: workers, address and who is told.
    """
    tasks = store.bucket_tasks()
    if not tasks:
        return answered(run(definition, store.analysis()))
    ask = partial(_of_bucket, json.dumps(definition.to_json()))
    return together(executors.run(ask, tasks, executor, version=executors.code, **how))


def _of_bucket(definition: str, task: analysis_cache.Task) -> Answered:
    return answered(run(from_json(json.loads(definition)), of_bucket(task)))
