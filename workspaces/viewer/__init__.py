"""Looking at a file without taking it away: pages are drawn here, in a sandbox, and only the drawings leave."""
