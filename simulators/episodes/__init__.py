"""Episodes: what can happen to a person beyond an ordinary day, each with its parameters and what must be found."""
