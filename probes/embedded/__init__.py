"""The incident that planescope carries with it: a loopback GitHub and an AWS account inside this process."""
