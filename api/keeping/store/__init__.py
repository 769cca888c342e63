"""All SQL of keeping."""
