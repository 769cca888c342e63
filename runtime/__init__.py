"""Process plumbing: settings, database, clock, telemetry, command line. Not one word of the domain."""
