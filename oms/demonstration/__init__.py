"""The invented province a new installation opens with: its units, its people, and their paper.

Nothing here is real: no province, unit, person or number. Everything follows from a seed, without a
clock, so that the same seed gives the same bytes. `deliver.deliver` writes the files a scanner would
leave in the intake folder; what is filed from them goes through the same door as real paper.
"""
