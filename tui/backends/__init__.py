"""The backends: how the app's questions are answered for a live repository and for the embedded incident.

These modules import PyGithub and boto3; :mod:`tui.bootstrap` imports them when a backend is asked for, after first paint.
"""
