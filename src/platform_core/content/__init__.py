"""Content: pictures, videos and sounds that creators publish, the feed of them, and who has paid to see which."""
