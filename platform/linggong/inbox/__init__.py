"""The inbox of staff: notices (通知) and supervision tasks (督办) that go down the tree, with receipts and deadlines (R017)."""
