"""Socket.IO: sessions, tokens, limits and fan-out of a lesson's events."""
