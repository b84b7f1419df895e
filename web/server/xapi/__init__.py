"""How recordings are watched, told to a learning record store in the terms of xAPI's video profile."""
