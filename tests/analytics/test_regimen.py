"""What a patient is treated with now: name, line, cycle, since, ended."""

from __future__ import annotations

import pandas as pd

from analytics.case import Case
from analytics.panel import Panel
from analytics.people import age_at, ages_at
from analytics.regimen import last_procedure_of, regimen_name, regimen_of
from analytics.settings import Settings
from tests.builders import labs_of
