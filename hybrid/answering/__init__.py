"""From passages to an answer whose every fact was re-read: select, compose, verify, render."""
