"""Courseware: what teachers bring along, taken in, made into slides in a sandbox, and kept by its content."""
