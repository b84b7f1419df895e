"""Everything that a person or another program touches from outside."""
