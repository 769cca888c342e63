"""What was heard, and how it goes again: parts of a day are dropped whole, and single rows deleted."""
