"""Maskgate: for each caller, every protected relation behaves as if it were a view showing that caller's version of it."""
