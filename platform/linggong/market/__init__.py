"""The market: trades, posts and what may stand in them, board and search (floor 5)."""
