"""The summary below the timeline, titled *At a glance* on screen."""
