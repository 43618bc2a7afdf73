"""The words every context speaks."""
