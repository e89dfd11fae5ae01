"""Read many repositories side by side for a fleet: GitHub and AWS, the file that a stopped run goes on from."""
