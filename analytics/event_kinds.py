"""THE table of treatment events, imaging modalities and responses: code, label, lane, aliases, what they break.

``breaks`` says that a trend never runs through such an event: it is a known change point.
``mask_days`` is the time after the event in which a rise of aminotransferases is the expected effect of the event
itself (house choice after clinical review, to be confirmed by the site).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Lane = Literal["systemic", "radiation", "surgery", "local", "stent", "imaging", "symptom", "other"]

LANES: Mapping[str, str] = MappingProxyType(
    {
        "systemic": "Systemic therapy",
        "radiation": "Radiation",
        "surgery": "Surgery",
        "local": "Ablation and embolisation",
        "stent": "Stents and drainage",
        "imaging": "Imaging",
        "symptom": "Symptoms and adverse events",
        "other": "Other",
    }
)


@dataclass(frozen=True)
class EventKind:
    """One kind of treatment event or symptom."""

    code: str
    label: str
    lane: Lane
    aliases: tuple[str, ...] = ()
    breaks: bool = False
    mask_days: int = 0
    lasts: bool = False
    """True where an event without an end date goes on (a stent stays in until exchange)."""


_KINDS = (
    EventKind(
        "systemic",
        "Systemic therapy",
        "systemic",
        ("chemo", "chemotherapy", "immunotherapy", "targeted", "drug", "treatment", "medical therapy"),
        lasts=True,
    ),
    EventKind("radiation", "External radiation", "radiation", ("radiotherapy", "rt", "sbrt", "radiation therapy")),
    EventKind(
        "hepatectomy",
        "Hepatectomy",
        "surgery",
        ("resection", "liver resection", "surgery", "hepatic resection"),
        breaks=True,
    ),
    EventKind("ablation", "Ablation", "local", ("rfa", "mwa", "microwave", "cryoablation"), breaks=True, mask_days=14),
    EventKind(
        "embolisation",
        "Chemo-embolisation",
        "local",
        ("tace", "embolization", "deb-tace", "tae"),
        breaks=True,
        mask_days=14,
    ),
    EventKind(
        "radioembolisation", "Radioembolisation", "local", ("sirt", "y90", "tare", "radioembolization"), breaks=True
    ),
    EventKind(
        "biliary_stent",
        "Biliary stent",
        "stent",
        ("stent", "ercp", "ercp stent", "biliary stenting"),
        breaks=True,
        lasts=True,
    ),
    EventKind(
        "drainage", "Biliary drainage", "stent", ("ptbd", "ptcd", "drain", "biliary drainage"), breaks=True, lasts=True
    ),
    EventKind("transplant", "Liver transplant", "surgery", ("transplantation",), breaks=True),
    EventKind("symptom", "Symptom", "symptom", ("fever", "jaundice", "pain", "ascites")),
    EventKind("adverse_event", "Adverse event", "symptom", ("ae", "adverse event")),
    EventKind(
        "other",
        "Other",
        "other",
        (
            *("dialysis", "haemodialysis", "hemodialysis", "renal replacement therapy", "crrt"),
            *("death", "died", "deceased", "end of follow-up", "follow-up ended", "lost to follow-up", "off study"),
        ),
    ),
)

EVENT_KINDS: Mapping[str, EventKind] = MappingProxyType({k.code: k for k in _KINDS})
KIND_CODES: tuple[str, ...] = tuple(EVENT_KINDS)
KIND_INDEX: Mapping[str, int] = MappingProxyType({code: i for i, code in enumerate(KIND_CODES)})

MODALITIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "CT": ("CT", "CT SCAN", "COMPUTED TOMOGRAPHY"),
        "MRI": ("MRI", "MR", "MAGNETIC RESONANCE"),
        "PET": ("PET", "PT", "PET-CT", "PET/CT", "FDG-PET"),
        "US": ("US", "ULTRASOUND", "SONOGRAPHY", "CEUS"),
    }
)
"""Imaging modality to the spellings that are read as it (DICOM's MR and PT among them)."""

RESPONSES: Mapping[str, str] = MappingProxyType(
    {
        "CR": "complete response",
        "PR": "partial response",
        "SD": "stable disease",
        "PD": "progressive disease",
        "NE": "not evaluable",
    }
)
