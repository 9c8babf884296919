"""``python -m arcgis_export_widgets``: exports without a notebook, see `command_line`."""

import sys

from arcgis_export_widgets.command_line import main

if __name__ == "__main__":
    sys.exit(main())
