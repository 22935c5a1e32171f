"""Plotly's dict figures as still pictures: inline SVG that needs no browser, no script and no network."""

from dashboard.svg.draw import CannotDraw, to_svg

__all__ = ["CannotDraw", "to_svg"]
