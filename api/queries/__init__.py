"""What api reads, one module a resource. Only SELECT; whatever is personal is filtered by `visible`."""
