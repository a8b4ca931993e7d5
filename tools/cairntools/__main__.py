# SPDX-License-Identifier: MIT
"""`python3 tools/cairntools NAME ARGUMENT...`, and `python3 -m cairntools NAME ARGUMENT...`."""
import os
import sys

if not __package__:
    # Python has put the package's own folder first on the path, where size.py and trace.py would pass for modules.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

try:
    from cairntools.cli import main
except KeyboardInterrupt:
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
