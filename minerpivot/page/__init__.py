"""From results to the page: charts, tables, and values for the text."""
