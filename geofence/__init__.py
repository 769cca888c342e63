"""The centre: readings in, detections out. No input or output, no clock, no randomness."""
