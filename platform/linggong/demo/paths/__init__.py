"""The worked paths of order-states section 9, played over HTTP with a moved clock: `linggong demo path a` to `j`."""
