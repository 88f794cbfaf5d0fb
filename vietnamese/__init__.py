"""The language as the rest of the system needs it: letters, syllables, names, dates, identity numbers.

Pure standard library; no files, no clock, no randomness.
"""
