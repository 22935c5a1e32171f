"""What the exit status of a command says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DONE = 0
REFUSED = 1
USAGE = 2
HELD_BACK = 3
FAULT = 70
EXIT_CODES: Mapping[int, str] = MappingProxyType(
    {
        0: "done; for `import`: all accepted",
        REFUSED: "refused, with the reason in a sentence; `doctor` and `verify`: something does not hold",
        USAGE: "a command or an option that is not there, a wrong value, or a start that is not safe",
        HELD_BACK: "done, but some results are quarantined (`import`), or a warning stands at the top (reports)",
        FAULT: "a fault of hepatrend itself; HEPATREND_TRACE=1 shows where",
    }
)
"""What the exit status says, the same for every command."""
