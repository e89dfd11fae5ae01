"""What AWS is asked, and how: read-only, by one session, from one list.

Begin with :mod:`probes.aws.session.operations` (the list) and :mod:`probes.aws.session.guard` (what enforces it).
:mod:`probes.aws.session.access` makes every call; :mod:`probes.aws.read.account` reads what decides,
:mod:`probes.aws.read.further_facts` what explains.
"""
