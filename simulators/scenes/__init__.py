"""Scenes: days of a city that does not exist, written as TOML files. docs/simulator.md shows how to write one."""
