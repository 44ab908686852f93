"""Tags, locks and favourites: how people keep order in what they share."""
