"""A small process that watches the others: it knows the tables and nothing else of ours (no import, no Ray).

It raises alarms about what is late, sends the last-resort page by itself when the hosts do not, lets a synthetic alert
run through the whole product every minute, and pings a URL of the operator's only while all of that is well.
"""

from __future__ import annotations
