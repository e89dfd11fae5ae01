"""Find what opens something in foreign text: keys, tokens, passwords; never what merely names it.

:func:`diagnosis.logs.secrets.search.findings` finds them in one line. The tables stand beside it: ``shapes`` (tokens that
their maker gave a mark), ``names`` (what a value is called), ``values`` (what is understood and no secret), ``assignments``,
``commands``, ``addresses`` and ``headers`` (where a value stands), ``encoded`` (what it looks like under another writing).
"""
