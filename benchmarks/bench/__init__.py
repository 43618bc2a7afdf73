"""The benchmark's parts: see README.md beside run.py."""
