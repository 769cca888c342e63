"""Recordings of real walks, read into fixes. One file a format; a bad line is told with its number and skipped."""
