"""What ipywidgets cannot do: a field whose text is never saved, spoken status, buttons to copy and to save."""

from arcgis_export_widgets.widgets.elements.copy_button import CopyButton
from arcgis_export_widgets.widgets.elements.live_text import LiveText
from arcgis_export_widgets.widgets.elements.save_button import SaveButton
from arcgis_export_widgets.widgets.elements.secret_form import SecretForm

__all__ = ["CopyButton", "LiveText", "SaveButton", "SecretForm"]
