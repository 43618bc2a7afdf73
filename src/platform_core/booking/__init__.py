"""Booking a provider's time: profiles, slots, bookings with escrow, disputes and reviews."""
