"""What is kept of the past: sums by the hour and the day, and the rest until its time has come."""
