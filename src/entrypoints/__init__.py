"""The ways in: HTTP, command line and background work, and the one place that puts them together."""
