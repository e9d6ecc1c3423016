"""The commands of `zoo`, one module each. A name with a leading underscore belongs to the command after it."""
