"""An invented commission at work: people, workspaces and a few days of deeds, for whoever tries Ithaca out."""
