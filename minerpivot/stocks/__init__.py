"""Stock performance: closes, baskets, and the study of events."""
