"""The language as the rest of the system needs it: letters, syllables, names, dates, identity numbers.

Pure standard library; no clock, no randomness; no files but the table of places beside its module.
"""
