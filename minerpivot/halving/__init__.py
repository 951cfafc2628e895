"""The halving squeeze: mining's income and the power it is made of."""
