"""The SFU: terminates peer connections and forwards packets. It knows tracks, not lessons."""
