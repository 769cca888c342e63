"""Rows that every reading replaces, written a few seconds late under load: which wait, and what a crash leaves."""
