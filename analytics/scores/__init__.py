"""Liver scores, one file each, found by folder."""
