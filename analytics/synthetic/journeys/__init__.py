"""Every journey that is planted, how many people have it, and which primaries it falls on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analytics.synthetic.journeys import biliary, drug, laboratory, local, tumour
from analytics.synthetic.patient import Patient


@dataclass(frozen=True)
class Journey:
    """A plan for some people."""

    name: str
    people: int
    primaries: tuple[str, ...]
    plant: Callable[[Patient], None]
    ends: tuple[int, int] = (290, 400)
    """Days of follow-up that the journey starts from; it may ask for more."""


JOURNEYS: tuple[Journey, ...] = (
    Journey("response then regrowth", 6, ("colorectal", "breast", "pancreatic"), tumour.response_then_regrowth),
    Journey("marker flare", 3, ("colorectal",), tumour.marker_flare),
    Journey("sparse follow-up", 3, ("neuroendocrine", "breast"), tumour.sparse),
    Journey("quiet", 6, ("colorectal", "neuroendocrine", "breast", "melanoma"), tumour.quiet),
    Journey("overdue on treatment", 2, ("colorectal", "breast"), tumour.overdue),
    Journey("drug injury with jaundice", 3, ("colorectal", "pancreatic", "breast"), drug.with_jaundice, (85, 140)),
    Journey("mild drug injury", 4, ("colorectal", "pancreatic"), drug.mild),
    Journey("immune-related hepatitis", 4, ("melanoma",), drug.immune, (120, 300)),
    Journey("sinusoidal injury", 2, ("colorectal",), drug.sinusoidal),
    Journey("stent, recovery, re-occlusion", 4, ("pancreatic", "colorectal"), biliary.reocclusion),
    Journey("stent, recovery", 3, ("pancreatic", "colorectal"), biliary.recovery, (130, 300)),
    Journey("early stent failure", 2, ("pancreatic",), biliary.early_failure, (95, 200)),
    Journey("hepatectomy, recovery", 3, ("colorectal",), local.hepatectomy_recovery),
    Journey("hepatectomy, liver failure", 2, ("colorectal",), local.hepatectomy_failure),
    Journey("ablation spike", 3, ("colorectal", "breast"), local.ablation, (130, 330)),
    Journey("radioembolisation injury", 2, ("colorectal", "neuroendocrine"), local.radioembolisation_injury),
    Journey("abnormal and stable", 4, ("neuroendocrine", "breast", "colorectal"), laboratory.abnormal_stable),
    Journey("laboratory change", 2, ("colorectal", "breast"), laboratory.lab_change),
    Journey("upper limit change", 2, ("breast", "colorectal"), laboratory.uln_change),
    Journey("haemolysed sample", 1, ("melanoma",), laboratory.haemolysed),
    Journey("corrected results", 2, ("colorectal", "breast"), laboratory.corrected),
)
