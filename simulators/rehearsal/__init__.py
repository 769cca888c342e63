"""A rehearsal: the whole system started for one scene, with people who answer and things that break, on record."""
