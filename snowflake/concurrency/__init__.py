"""What several tasks of one process share: turns, one request for all who ask the same."""
