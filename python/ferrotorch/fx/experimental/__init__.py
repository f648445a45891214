"""Transformations and tracers that may change."""
