"""The web outside, as far as it is safe to reach."""
