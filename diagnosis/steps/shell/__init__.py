"""The language of shell scripts: its syntax, what its words come to, and how its tests end; nothing is run or followed here."""
