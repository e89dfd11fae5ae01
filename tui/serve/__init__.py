"""The app in a browser: a server on this machine starts one process of the app for each tab, by way of textual-serve."""
