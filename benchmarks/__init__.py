"""Measurements: one module for each question, each runnable as ``python -m benchmarks.<name>``."""
