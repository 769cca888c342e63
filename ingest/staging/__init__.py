"""How rows reach the database in bulk."""
