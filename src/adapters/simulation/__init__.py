"""Parts of a platform that fail when they are told to: a store, a clock and ids, and a payment provider."""
