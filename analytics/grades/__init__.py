"""Severity grades of laboratory values, one file each criteria version."""
