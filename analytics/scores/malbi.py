"""mALBI: ALBI with grade 2 split."""

from __future__ import annotations

import numpy as np

from analytics.scores._score import Score
from analytics.scores.albi import compute

SCORE = Score(
    code="malbi",
    title="mALBI",
    inputs=("ALB", "BILI"),
    compute=compute,
    formula="as ALBI; grade 2 is split at −2.27",
    bands=(("grade 1", -2.60), ("grade 2a", -2.27), ("grade 2b", -1.39), ("grade 3", np.inf)),
    reference="Hiraoka et al., 2017 (citation recalled, to be confirmed)",
    tag="recalled",
    obstruction=True,
)
