"""The demo city: made-up people and posts, written through the real services with a moved clock."""
