"""Figures for the bureaus: computed from what happened, null without a denominator."""
