"""What goes over HTTP, one module a resource. Every field says its meaning, unit and range."""
