"""The contract: what subscribers are promised, as CloudEvents, JSON Schema and AsyncAPI."""
