"""What other contexts may use of messaging."""

from platform_core.messaging.content import MessageForm, cleaned

__all__ = ["MessageForm", "cleaned"]
