"""The aiohttp application, the only place where the parts are put together, and the command line."""
