"""People who do not exist: their days, where they are, how they lie, and what happens to them."""
