"""Notes that several write at once: text as a CRDT, of which the journal keeps the updates."""
