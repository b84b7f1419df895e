"""What the marks of a class say of its questions, of the whole quiz, and of what was learnt.

Pure arithmetic that knows neither activities nor the journal, but for `results` and `presence`, which read them.
docs/statistics.md says how each figure is read.
"""
