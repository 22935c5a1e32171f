"""Colours: contrast, lightness in grey, and three kinds of colour vision."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from analytics.analytes import CODES, FAMILIES
from dashboard.theme import DARK, GRAPH_CONFIG, LIGHT, Palette, colour_of, dash_of, symbol_of

# Machado, Oliveira & Fernandes, IEEE TVCG 2009;15:1291, severity 1.0, on linear RGB.
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float((TO_XYZ @ linear(colour))[1])


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ rgb / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.fixture(params=[LIGHT, DARK], ids=["light", "dark"])
def palette(request) -> Palette:
    return request.param


def test_text_reads_on_every_ground(palette):
    for ground in (palette.ground, palette.surface, palette.sunken):
        for ink in (palette.ink, palette.ink_soft, palette.ink_faint, palette.accent):
            assert contrast(ink, ground) >= 4.5, (ink, ground)
    assert contrast(palette.on_accent, palette.accent) >= 4.5
    assert contrast(palette.accent, palette.accent_soft) >= 4.5


def test_level_words_read_on_their_chip(palette):
    for level, ink in palette.level.items():
        assert contrast(ink, palette.level_soft[level]) >= 4.5


def test_lines_of_a_chart_stand_out_from_the_ground(palette):
    for colour in (*palette.family.values(), *palette.lane.values(), palette.line_strong):
        assert contrast(colour, palette.surface) >= 3.0, colour


def test_families_differ_in_grey(palette):
    lightness = sorted(lab(linear(c))[0] for c in palette.family.values())
    assert min(np.diff(lightness)) >= 4


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_families_differ_for_colour_blind_eyes(palette, deficiency):
    matrix = np.array(DEFICIENCIES[deficiency])
    seen = {name: lab(np.clip(matrix @ linear(c), 0, 1)) for name, c in palette.family.items()}
    for a, b in combinations(seen, 2):
        assert np.linalg.norm(seen[a] - seen[b]) >= 10, (a, b)


def test_every_family_has_a_colour(palette):
    assert set(palette.family) == set(FAMILIES)


def test_analytes_of_one_family_differ_by_colour_symbol_or_dash():
    looks = [(colour_of(code), symbol_of(code), dash_of(code)) for code in CODES]
    assert len(set(looks)) == len(looks)


def test_no_graph_offers_to_upload_its_data():
    assert GRAPH_CONFIG["showSendToCloud"] is False
    assert GRAPH_CONFIG["plotlyServerURL"] == ""
