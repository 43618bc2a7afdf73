"""`python -m entrypoints.cli`, for where the installed command is not on the path."""

import sys

from entrypoints.cli import main

sys.exit(main())
