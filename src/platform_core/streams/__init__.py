"""Live streams: their states, who watches, and what entry costs."""
