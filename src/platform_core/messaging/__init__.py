"""Conversations between two users: messages, what is unread, and who has blocked whom."""
