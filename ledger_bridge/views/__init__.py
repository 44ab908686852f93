"""The ledger's pages: the trail, receipts, the public log, and what Ithaca promises."""
