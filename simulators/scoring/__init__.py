"""The score of a rehearsal: what really happened, held against what people were told. Pure but for files."""
