"""A recorded attempt, judged: verdicts at the gates, each with the line that proves it."""
