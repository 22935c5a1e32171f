"""Who gives way to whom on the processors: long work gives way to pages."""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)
_GROUP = Path("/proc/self/autogroup")
"""Linux shares time between sessions first, then inside them; a session's share is set here."""


def give_way(niceness: int, group: Path = _GROUP) -> int:
    """Have this process, and those that it starts, wait for others; one that gives way further already stays there.

    Args:
        niceness: 0 to 19, at least this.
        group: where the share of the session is set; no file elsewhere than on Linux.

    Returns:
        The niceness now; 0 where the system knows none.
    """
    if not hasattr(os, "nice"):
        return 0
    more = max(0, niceness - os.nice(0))
    now = os.nice(more)
    # a session that another process began, such as a terminal, keeps its share
    if os.getsid(0) == os.getpid() and group.exists():
        try:
            group.write_text(str(now), "ascii")
        except OSError as error:
            log.info("the share of this session stays as it is: %s", error)
    return now
