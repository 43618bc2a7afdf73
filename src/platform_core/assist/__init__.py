"""Assistance: the mood of a text or a picture, suggestions of people, and words for those who lack them."""
