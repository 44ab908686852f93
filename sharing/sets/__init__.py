"""Permission sets: roles that an institution defines, with names of its own."""
