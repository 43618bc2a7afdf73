"""Socket.IO: what happens, told at once."""
