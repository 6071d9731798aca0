"""What several tasks of one process share.

``single_flight``  one for all: those who ask the same get one answer
``turns``          one after another: each does its own work, so many at once
``deadline``       the time, and how much of it is left for all that a block does
``background``     work that goes on beside, and ends of its own
``recent``         a memory of bounded size
"""
