"""What is kept, what goes, and that it is gone."""
