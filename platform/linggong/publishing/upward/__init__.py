"""What goes up to the province's platform, whichever it is: the labour demand of each county's day, with a receipt for each (R007)."""
