"""What a lesson is: pure rules, the journal of its events, and the one place with SQL."""
