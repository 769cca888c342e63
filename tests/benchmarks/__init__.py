"""Benchmarks: `python -m tests.benchmarks`. They measure and write; they do not pass or fail."""
