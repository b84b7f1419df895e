"""`tongke demo`: a simulated lead classroom and the demo school around it."""
