"""Going to people: visits, calls, surveys, fairs, publicity, satisfaction, guidance of employers."""
