"""Media: where files are kept, what they are, and how they are made fit to be shown."""
