"""The HTTP way in: one server, a dialect for each public API, and what they share."""
