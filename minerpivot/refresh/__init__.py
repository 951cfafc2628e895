"""Bringing `data/` up to date: one module per vendor, one transaction for all. Only this package uses the network."""
