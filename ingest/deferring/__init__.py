"""Rows that are replaced by every reading, written about once a second: which wait, and what a crash leaves of them."""
