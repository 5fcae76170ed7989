"""Who runs the places: dossier, procurement, contract years, budget, payment, hand-over."""
