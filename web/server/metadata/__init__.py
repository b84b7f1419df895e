"""What is said of a resource, in the words of others: one module a format, each with its mapping as a table."""
