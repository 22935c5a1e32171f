"""``python -m analytics.synthetic FOLDER``: write the sample data, the same bytes each time."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from analytics.synthetic import write

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m analytics.synthetic",
        description="Write the sample data (people who never lived), the same bytes each time.",
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("sample_data"), help="default: sample_data")
    for path in write(parser.parse_args().folder):
        sys.stdout.write(f"{path.stat().st_size:>9} {path}\n")
