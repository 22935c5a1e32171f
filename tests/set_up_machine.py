"""What the tests need of the machine: a Chromium (without one they do not run) and, for one part, PostgreSQL.

``make test`` calls it. Both are installed by apt where this is Debian or Ubuntu and we are root.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.browser import find_browser


def has_postgres() -> bool:
    """Whether PostgreSQL's programs are here; the tests start a private server of their own."""
    return bool(shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")))


def main() -> int:
    """0 if there is a browser; says how it stands with PostgreSQL."""
    if not has_postgres():
        find_browser.by_apt("postgresql")
    if not has_postgres():
        print("PostgreSQL is not installed (Debian: apt install postgresql); its tests say so and are left out")
    return find_browser.main()


if __name__ == "__main__":
    sys.exit(main())
