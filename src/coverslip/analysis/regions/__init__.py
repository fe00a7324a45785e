"""Where on the slide to look."""
