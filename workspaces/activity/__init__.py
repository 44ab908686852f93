"""Who opened what, when and for about how long: read from the ledger for those who may see the trail of it."""
