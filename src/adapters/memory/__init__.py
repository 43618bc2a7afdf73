"""Everything in this process's memory: for tests, scripts and embedding."""
