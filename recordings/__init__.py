"""From packets and journal to a playable, searchable resource."""
