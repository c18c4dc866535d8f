"""The dead-man address: somebody else's service that notices when we fall silent. One GET, nothing is sent with it."""
