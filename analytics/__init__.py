"""Longitudinal liver-lab analytics: the science and the data, without any web."""
