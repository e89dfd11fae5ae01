"""What was concluded, as frozen values: verdicts, replays, forecast, remediations, closure, the whole diagnosis."""
