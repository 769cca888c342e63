"""Evaluation over recorded data: `python -m tests.evaluation DATA`. Never part of the product, never shipped."""
