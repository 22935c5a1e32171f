"""``python -m analytics.synthetic FOLDER``: write the sample data, the same bytes each time."""

from __future__ import annotations

import sys
from pathlib import Path

from analytics.synthetic import write

if __name__ == "__main__":
    for path in write(Path(sys.argv[1] if len(sys.argv) > 1 else "sample_data")):
        sys.stdout.write(f"{path.stat().st_size:>9} {path}\n")
