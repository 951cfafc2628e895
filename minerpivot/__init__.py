"""From Hashes to Megawatts: the arithmetic, figures and machinery of the report."""
