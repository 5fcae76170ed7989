"""What must always be true of a live market (order-states section 8): rules that tests and `linggong check invariants` run."""
