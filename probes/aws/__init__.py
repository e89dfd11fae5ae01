"""What AWS is asked, and how: read-only, by one session, from one list.

Begin with :mod:`probes.aws.operations` (the list) and :mod:`probes.aws.guard` (what enforces it); :mod:`probes.aws.session`
makes every call; :mod:`probes.aws.read_account` reads what decides, :mod:`probes.aws.read_surroundings` what explains.
"""
