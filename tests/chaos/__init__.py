"""Parts of Tongxing killed at random moments, with a count of what was lost or doubled. Each module runs by itself."""
