"""Miner deals: what was signed, what it is worth, what was built."""
