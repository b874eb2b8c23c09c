"""The command ``hybrid`` as ``python -m hybrid``."""

from hybrid._cli.main import main

main()
