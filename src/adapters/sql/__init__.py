"""Stores on SQL databases: the tables once, PostgreSQL and SQLite over them."""
