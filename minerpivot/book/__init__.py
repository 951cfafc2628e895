"""What turns notebooks into the site: stale-proof execution and the Sphinx extension."""
