"""Taking what happened to every server process whose clients hear of it."""
