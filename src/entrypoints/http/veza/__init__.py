"""Veza: the API in which things are sold, with JWTs, API keys and answers in an envelope."""
