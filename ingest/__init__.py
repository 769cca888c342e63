"""From the broker to the database: decode, judge, commit, and only then acknowledge."""
