"""The ground of the invented towns: streets, canals, railways, fast roads, parks, places under a roof."""
