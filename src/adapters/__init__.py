"""What plugs into the core's ports, one folder per technology."""
