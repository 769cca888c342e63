"""What is judged with is read when it is first needed: persons, their states, and what was heard of their devices."""
