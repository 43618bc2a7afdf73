"""What all dialects share: rows become endpoints, documents and tests."""
