"""planescope's judgement: pure functions over frozen values.

Nothing in this package asks anybody anything: no network, no clock, no environment, no files. What it needs to know
arrives as values (:mod:`diagnosis.facts`); what it concludes leaves as values (:mod:`diagnosis.verdicts`).
:mod:`diagnosis.diagnose` leads from the one to the other.
"""
