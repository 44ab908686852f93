"""From where and when access holds: conditions that narrow single roles and exceptions."""
