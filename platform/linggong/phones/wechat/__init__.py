"""Notices by WeChat: one message for each that the worker allowed (docs/push.md)."""
