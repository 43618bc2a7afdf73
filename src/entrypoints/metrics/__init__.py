"""Figures for the people who run the server: counted cheaply, by several processes at once, told for Prometheus."""
