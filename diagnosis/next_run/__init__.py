"""The run that would come next: how a workflow would be started, and that run as an attempt of which nothing has begun."""
