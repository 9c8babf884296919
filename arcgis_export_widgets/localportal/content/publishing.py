"""Publish the sample data and files as items, and add the sample members."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arcgis_export_widgets.localportal.content.accounts import Accounts, new_id
from arcgis_export_widgets.localportal.content.catalog import Catalog
from arcgis_export_widgets.localportal.content.item import Item
from arcgis_export_widgets.localportal.layers.layer import Layer, Service
from arcgis_export_widgets.localportal.layers.read_data import DataError, read_layer, read_layers

SERVICE_KEYWORDS = (
    "ArcGIS Server", "Data", "Feature Access", "Feature Service", "Hosted Service", "Metadata", "Service",
)  # fmt: skip
SAMPLE_FOLDER = Path(__file__).parents[1] / "data"
SAMPLE_PASSWORD = "learn-arcgis"  # noqa: S105 - published on purpose: it opens sample data on a loopback port
SAMPLE_APPLICATION = "classroom-app"
"""Client id of the application that may sign in by itself; the secret is `SAMPLE_PASSWORD`."""
SAMPLE_USERS = (
    ("student", "org_publisher", "Sam Student"),
    ("visitor", "org_viewer", "Vera Visitor"),
    ("teacher", "org_admin", "Tom Teacher"),
    ("colleague", "org_publisher", "Chris Colleague"),
)


def add_sample_users(accounts: Accounts) -> None:
    """Add the four members of every local portal."""
    for username, role, full_name in SAMPLE_USERS:
        accounts.add(username, SAMPLE_PASSWORD, role, full_name)


def _keywords(layers: Sequence[Layer]) -> list[str]:
    return [*SERVICE_KEYWORDS, "Singlelayer" if len(layers) == 1 else "Multilayer"]


def add_sample_items(catalog: Catalog) -> None:
    """Add the items of ``data/sample.json``.

    Raises
    ------
    DataError
        When the sample data are missing.
    """
    listing = SAMPLE_FOLDER / "sample.json"
    if not listing.exists():
        raise DataError("the sample data are missing from this installation; serve your own with --data FILE")
    for entry in json.loads(listing.read_text("utf-8"))["items"]:
        catalog.add(_sample_item(entry))


def _sample_item(entry: dict[str, Any]) -> Item:
    item = Item(
        entry["itemId"],
        entry.get("owner", "student"),
        entry["title"],
        entry.get("type", "Feature Service"),
        name=entry.get("name"),
        access=entry.get("access", "public"),
        description=entry.get("description"),
        snippet=entry.get("snippet"),
        tags=list(entry.get("tags", [])),
        type_keywords=list(entry.get("typeKeywords", [])),
        access_information=entry.get("accessInformation"),
        license_info=entry.get("licenseInfo"),
    )
    if "file" in entry:
        path = SAMPLE_FOLDER / entry["file"]
        layers = [
            read_layer(path, one["source"], one["id"], one["name"], fields=one.get("fields"), definition=one)
            for one in [*entry.get("layers", []), *entry.get("tables", [])]
        ]
        item.service = Service(
            entry["name"],
            item.item_id,
            layers,
            capabilities=entry.get("capabilities", "Query"),
            description=entry.get("snippet", ""),
            copyright_text=entry.get("accessInformation") or "",
        )
        item.type_keywords = item.type_keywords or _keywords(layers)
    return item


def add_file(catalog: Catalog, path: Path) -> Item:
    """Add a vector file as one public service that contains its layers.

    Raises
    ------
    DataError
        When the file does not exist, cannot be read or contains no layer.
    """
    if not path.exists():
        raise DataError(f"no file {path}")
    return add_layers(catalog, read_layers(path), path.stem, owner="student")


def add_layers(
    catalog: Catalog,
    layers: list[Layer],
    title: str,
    *,
    owner: str,
    access: str = "public",
    capabilities: str = "Query",
    is_view: bool = False,
) -> Item:
    """Add layers as one hosted feature service, or as a view when fields are hidden."""
    keywords = [*_keywords(layers), "View Service"] if is_view else _keywords(layers)
    item = Item(new_id(), owner, title, "Feature Service", access=access, type_keywords=keywords)
    name = re.sub(r"\W+", "_", title, flags=re.ASCII).strip("_") or "layer"  # letters, digits and underscores only
    item.service = Service(name, item.item_id, layers, capabilities=capabilities, is_view=is_view)
    catalog.add(item)
    item.name = item.service.name
    return item
