"""Resources that leave the installation, and such as come into it."""
