"""What people say to each other about a file: comments, who was named in them, and who wants to hear of them."""
