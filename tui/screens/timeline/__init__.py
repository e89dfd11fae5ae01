"""The main screen: workflow runs on the left, the timeline, its summary and the details of the selected cell."""
