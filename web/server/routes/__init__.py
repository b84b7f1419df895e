"""The routes, one module a subject; `web.server.app` puts them together."""
