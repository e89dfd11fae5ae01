"""Recordings: what GitHub answered about some runs, kept as files and replayed offline.

:mod:`probes.recording.format` documents the format and holds its values, :mod:`probes.recording.read.recording` reads it,
:mod:`probes.recording.writer` writes it, :mod:`probes.recording.labels` tells an attempt what of it was reconstructed.
"""
