"""The log as a feed for a hospital's audit repository or SIEM: every entry in order, and again when in doubt.

`receiver.py` reads from the settings whom to send to, `messages.py` makes a syslog message of an entry, `client.py`
sends messages and learns that they were taken, and `services.py` is the deed that moves the position in `models.py`.
"""
