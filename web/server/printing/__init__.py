"""What is printed: a lesson's report as PDF, drawn by a process of its own."""
