"""Read AWS, through one session that makes only the calls on one list.

Begin with :mod:`probes.aws.session.operations` (the list) and :mod:`probes.aws.session.guard` (what enforces it).
:mod:`probes.aws.session.access` makes every call; :mod:`probes.aws.read.account` reads what decides,
:mod:`probes.aws.read.further_facts` what explains.
"""
