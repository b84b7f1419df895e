"""The whiteboard: pages of 1600 × 900 units, and what is written and laid on them."""
