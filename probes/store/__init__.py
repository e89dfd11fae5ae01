"""Keep what was read of completed attempts under the user's cache folder so that a second start does not ask for it again.

Disposable: whatever is wrong with it, planescope works without, and deleting it loses nothing but time.
"""
