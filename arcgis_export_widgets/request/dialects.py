"""Writes code that runs a request with this package, Esri's package, requests or curl. It never contains a secret."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pprint import pformat
from textwrap import indent
from typing import Any

from arcgis_export_widgets.language import mark
from arcgis_export_widgets.request.python_code import ARCGIS_ONLINE, WIDTH, python_code, without_secrets
from arcgis_export_widgets.request.request import ExportRequest


class Dialect(str, Enum):
    """The tools that code can be written for, by their English labels."""

    PACKAGE = mark("Python, this package")
    ARCGIS = mark("Python, Esri's arcgis")
    REQUESTS = mark("Python, requests only")
    CURL = mark("Shell, curl and jq")


@dataclass(frozen=True)
class RequestCode:
    """Code that runs an export request with one tool and loads or downloads the file; written when `text` is read."""

    request: ExportRequest
    """What to export. If it has no title, code for tools other than this package makes a title from the item's id."""
    dialect: Dialect
    portal_url: str | None
    """Address of the portal; None for ArcGIS Online. Secrets in the address are left out of the code."""
    is_sample: bool = False
    """Whether the portal is the local sample portal, which needs no sign-in."""
    delete_after: bool = True
    """Whether the code deletes the exported item after the download."""
    route: str = "export"
    """How the features are fetched: ``export`` or another `Route`, which only code for this package supports."""

    @cached_property
    def text(self) -> str:
        """The code, with a line break at the end. When the code runs, it prompts for the password."""
        if self.dialect is Dialect.PACKAGE:
            return python_code(
                self.request,
                portal_url=self.portal_url,
                is_sample=self.is_sample,
                delete_after=self.delete_after,
                route=self.route,
            )
        url = without_secrets(self.portal_url or ARCGIS_ONLINE).rstrip("/")
        write = {Dialect.ARCGIS: _arcgis, Dialect.REQUESTS: _requests, Dialect.CURL: _curl}[self.dialect]
        return write(self.request, url, delete_after=self.delete_after)


def _form(request: ExportRequest) -> dict[str, str]:
    form = request.to_form()
    return {"itemId": form.pop("itemId"), "title": form.pop("title", f"Export of {request.item_id}"), **form}


def _file_name(request: ExportRequest) -> str:
    return request.export_format.file_name("export", len(request.layers))


def _arcgis(request: ExportRequest, url: str, *, delete_after: bool) -> str:
    form = _form(request)
    parts: dict[str, Any] = {
        "title": form["title"],
        "export_format": request.export_format.facts.package_value or form["exportFormat"],
        "parameters": request.export_parameters or None,
        "tags": form.get("tags"),
        "snippet": form.get("snippet"),
    }
    arguments = "".join(f"    {name}={_literal(value)},\n" for name, value in parts.items() if value is not None)
    delete = "exported.delete(permanent=True)\n" if delete_after else ""
    return f"""from getpass import getpass

from arcgis.gis import GIS

# replace with your user name; the code prompts for the password, so it is not stored here
gis = GIS({url!r}, "your user name", getpass())
item = gis.content.get({request.item_id!r})
exported = item.export(
{arguments}    wait=True,
)
path = exported.download()
{delete}print(path)
"""


def _requests(request: ExportRequest, url: str, *, delete_after: bool) -> str:
    delete = (
        'ask(f"content/users/{username}/items/{exported}/delete", permanentDelete="true")\n' if delete_after else ""
    )
    form: dict[str, Any] = _form(request)
    parameters = request.export_parameters
    if parameters:
        form["exportParameters"] = "json.dumps(parameters)"
    lines = "".join(
        f"    {name!r}: {value if name == 'exportParameters' else _literal(value)},\n" for name, value in form.items()
    )
    return f"""import json
import time
from getpass import getpass
from pathlib import Path

import requests

rest = {url + "/sharing/rest"!r}
username = "your user name"
session = requests.Session()
session.headers["Referer"] = rest


def ask(path, **form):
    response = session.post(f"{{rest}}/{{path}}", data={{**form, "f": "json"}}, timeout=60)
    response.raise_for_status()
    if "error" in response.json():  # ArcGIS sends errors with status 200
        raise RuntimeError(response.json()["error"])
    return response.json()


# prompts for the password, so it is not stored here
login = ask("generateToken", username=username, password=getpass(), client="referer", referer=rest)
session.headers["X-Esri-Authorization"] = f"Bearer {{login['token']}}"

parameters = {_literal(parameters)}
form = {{
{lines}}}
job = ask(f"content/users/{{username}}/export", **form)
exported = job["exportItemId"]
while True:
    state = ask(f"content/users/{{username}}/items/{{exported}}/status", jobType="export", jobId=job["jobId"])
    if state["status"] == "completed":
        break
    if state["status"] == "failed":
        raise RuntimeError(state.get("statusMessage"))
    time.sleep(5)

path = Path({_file_name(request)!r})
with session.get(f"{{rest}}/content/items/{{exported}}/data", stream=True, timeout=60) as file:
    file.raise_for_status()
    path.write_bytes(file.content)
{delete}print(path)
"""


def _curl(request: ExportRequest, url: str, *, delete_after: bool) -> str:
    data = " \\\n".join(
        f"  --data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in _form(request).items()
    )
    delete = '\nask "content/users/$USERNAME/items/$ITEM/delete" -d permanentDelete=true' if delete_after else ""
    return f"""#!/usr/bin/env bash
set -euo pipefail
REST={shlex.quote(url + "/sharing/rest")}
USERNAME="your user name"
FILE={shlex.quote(_file_name(request))}

# prompts for the password; neither the password nor the token appears in the process list
read -rsp "Password: " PASSWORD
TOKEN=$(printf %s "$PASSWORD" | curl -sS "$REST/generateToken" -d f=json -d client=referer \\
  --data-urlencode "referer=$REST" --data-urlencode "username=$USERNAME" --data-urlencode password@- | jq -er .token)

signed() {{ # curl with the token in a header
  curl -sS -H "Referer: $REST" --config <(printf 'header = "X-Esri-Authorization: Bearer %s"\\n' "$TOKEN") "$@"
}}
ask() {{ # ArcGIS sends errors with status 200
  local path=$1; shift
  signed "$REST/$path" -d f=json "$@" | jq -e 'if .error then error(.error.message) else . end'
}}

JOB=$(ask "content/users/$USERNAME/export" \\
{data})
ITEM=$(jq -r .exportItemId <<<"$JOB")
while true; do
  STATUS=$(ask "content/users/$USERNAME/items/$ITEM/status" -d jobType=export -d "jobId=$(jq -r .jobId <<<"$JOB")" |
    jq -r .status)
  [ "$STATUS" = completed ] && break
  [ "$STATUS" = failed ] && echo "The portal could not export." >&2 && exit 1
  sleep 5
done
signed --fail --location --output "$FILE" "$REST/content/items/$ITEM/data"{delete}
echo "$FILE"
"""


def _literal(value: Any) -> str:
    """A Python literal, on several lines if too long for one."""
    if isinstance(value, str):
        return json.dumps(value) if value.isascii() and value.isprintable() else repr(value)
    return indent(pformat(value, width=WIDTH - 4, sort_dicts=False), "    ").strip()
