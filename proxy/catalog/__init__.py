"""The catalog as a value (`snapshot`), and the edge that loads it (`loader`)."""
