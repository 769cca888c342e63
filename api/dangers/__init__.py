"""Dangers of the area, shared by everybody: water, rails and fast roads, taken from GeoJSON."""
