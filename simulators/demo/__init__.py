"""`tongxing demo`: everything on one machine, alive, with one command."""
