"""Services with clocks: catalogue, intake, policies, help cases, training, tools, ratings of a station."""
