"""Who is who: users, roles, sessions, bans."""
