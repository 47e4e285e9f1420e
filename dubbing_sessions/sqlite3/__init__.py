"""SQLite for web processes whose threads hand connections over to each other."""
