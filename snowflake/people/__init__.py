"""Who somebody is, what they are called, in which groups they are, and whether they may sign in."""
