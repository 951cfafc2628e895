"""The tables: `tables.load` is the only door to them, the rest is what makes them true."""
