"""The story of one chain in the order in which it is told to others, step by step, with what proves each step.

:mod:`steps` holds the values; :mod:`telling` makes them of a packet, whose sentences they reuse, with what :mod:`words` says
of an attempt and what the account is at the step's place among the :mod:`moments`.
"""
