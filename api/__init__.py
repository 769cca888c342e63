"""People look and answer: REST, the live stream, the console. Reads every table, writes the registry's alone."""
