"""Pages of this room, split by who uses them."""
