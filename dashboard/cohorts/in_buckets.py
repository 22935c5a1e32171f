"""A definition asked of one part of the store after the other, in processes or on a cluster: never all in memory."""

from __future__ import annotations

from typing import Unpack

from analytics import executors
from analytics.cohort.query.answered import Answered, answered
from analytics.cohort.query.definition import Definition
from analytics.cohort.query.run import run
from analytics.store import Store


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
    asked = store.scattered(executor=executor, **how) if store.bucket_tasks() else store.analysis()
    return answered(run(definition, asked))
