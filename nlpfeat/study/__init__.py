"""An opened study: restored members, replays, selection."""
