"""The Teezu dialect: bare objects in camelCase, errors in the Fastify shape."""
