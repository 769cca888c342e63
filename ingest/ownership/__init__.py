"""Which process owns a partition of persons, proven in every transaction."""
