"""Pictures of the docs: each is drawn by a script, shown somewhere, and small; the tour takes about twenty seconds."""

from __future__ import annotations

import re
import sys

import pytest
from PIL import Image

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import make_pictures
import make_tour

FOLDER = ROOT / "docs" / "pictures"
TOUR = "tour.gif"
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]


def test_every_picture_is_drawn_by_the_script_and_nothing_else_lies_there():
    drawn = {f"{picture.name}.png" for picture in make_pictures.PICTURES} | {TOUR}
    assert {path.name for path in FOLDER.iterdir()} == drawn


def test_every_picture_that_a_page_shows_is_there_and_says_what_it_is():
    shown = [
        found for page in PAGES for found in re.findall(r"!\[([^\]]*)\]\([\w./]*pictures/(\S+?)\)", page.read_text())
    ]
    assert {name for _, name in shown} <= {path.name for path in FOLDER.iterdir()}
    assert TOUR in {name for _, name in shown} and all(len(says) > 20 for says, _ in shown)


def test_the_tour_takes_about_twenty_seconds_and_is_small():
    assert (FOLDER / TOUR).stat().st_size < make_tour.MOST_BYTES
    with Image.open(FOLDER / TOUR) as tour:
        seconds = []
        for number in range(tour.n_frames):
            tour.seek(number)
            seconds.append(tour.info["duration"] / 1000)
    assert seconds == [scene.seconds for scene in make_tour.SCENES]
    assert sum(seconds) == pytest.approx(20, abs=2)
