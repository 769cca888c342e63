"""What radios do to the truth: where a fix says somebody is, and whether a message gets through."""
