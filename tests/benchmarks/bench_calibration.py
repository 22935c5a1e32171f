"""Calibration: false calls of stable patients beside what people use today; the whole is in docs/calibration.md."""

from __future__ import annotations

from tests.benchmarks import calibration


def main() -> None:
    """Write docs/calibration.md and print its first table."""
    page = calibration.main()
    table = page.split("## Stable patients", 1)[1].split("\n\n", 2)[1]
    print(table)


if __name__ == "__main__":
    main()
