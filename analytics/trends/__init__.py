"""Kernels over ragged arrays: slope, exact test, reference change, change point, smoothing."""
