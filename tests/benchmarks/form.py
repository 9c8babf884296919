"""How soon the form shows what a filter keeps: ``python tests/benchmarks/form.py [--smoke] [--only filters memory]``.

Drives the real form in a real JupyterLab in headless Chromium, on layers of growing size from one local portal, and
beside it, in a kernel of its own, what one would write today: the whole layer as a GeoDataFrame whose filtered rows are
given to a plain ipyleaflet map. The layers take turns, so that a busy machine slows all alike; ratios count.

- filters: milliseconds from the last key pressed in a filter to its features on the screen. The pause that tells that
  typing rests (`TYPING_PAUSE_S`) is left out: it is the same for all, and would flatter the growth. "first" is the
  first sight of the new filter's features, which may be a sketch of them; "final" is the last change of the map; "in
  first" and "in final" say which share of the features was drawn. "hurried" is as "first", with the key pressed as
  soon as there was the first sight of another filter, while the rest of that one was still being fetched. What is on
  the screen is told by the browser: features when their canvas was drawn anew, pictures when they are decoded, each
  one frame later. That they are of the new filter is told by the kernel, whose clock is the same. "outside" is the
  share of the time in which no request of the preview was under way at the portal; "kB" is what came through the
  kernel's web socket.
- memory: the same form after hundreds of changes, half of them drawn as features and half as pictures.
"""

import argparse
import json
import statistics
import sys
import tempfile
import textwrap
from pathlib import Path

import geopandas as gpd
import nbformat
import numpy as np
import psutil
import pyogrio
import shapely
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import sync_playwright

from arcgis_export_widgets import Portal
from arcgis_export_widgets.localportal import LocalPortal
from arcgis_export_widgets.state.layer_form import TYPING_PAUSE_S

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from conftest import CHROMIUM_ARGUMENTS, find_chromium
from jupyter_server import JupyterServer, wait_until

PATIENCE_MS = 60_000
SHORTLY_MS = 300
PEER_SIZES = 100_000  # features beyond which nobody would wait for a plain map
FORM = """
    import json, os, time
    import arcgis_export_widgets as aew
    from arcgis_export_widgets.portal.http.transport import Http

    log = open({log!r}, "w", buffering=1)

    def note(kind, **facts):
        log.write(json.dumps({{"kind": kind, "at": time.time() * 1000, **facts}}) + "\\n")

    def timed_send(self, request, send=Http.send, **options):
        begun = time.time() * 1000
        try:
            return send(self, request, **options)
        finally:
            note("request", begun=begun, in_view="geometry=" in (request.body or ""))

    def answered(change):
        where = {{form.definition.id: form.settled_where for form in change["owner"].forms}}
        for layer_id, sample in change["new"].items():
            note("answer", where=where[layer_id], drawn=sample.drawn, matched=sample.matched)

    Http.send = timed_send
    note("kernel", pid=os.getpid())
    app = aew.ExportApp(aew.Portal({url!r}, username="student", password="learn-arcgis"))
    app.state.preview.observe(answered, "layers")
    app
"""
PEER = """
    import json, geopandas, ipyleaflet, ipywidgets

    frames = {{name: geopandas.read_file(path) for name, path in {files!r}.items()}}
    features = ipyleaflet.GeoJSON(data={{"type": "FeatureCollection", "features": []}}, point_style={{"radius": 3}})
    view = {{"center": (52, 50), "zoom": 2, "layout": {{"height": "500px"}}}}
    features_map = ipyleaflet.Map(layers=[features], prefer_canvas=True, **view)
    layer = ipywidgets.Dropdown(description="Layer", options=list(frames))
    where = ipywidgets.Text(description="Where")

    def show(_):
        features.data = json.loads(frames[layer.value].query(where.value).to_json())

    where.observe(show, "value")
    ipywidgets.VBox([layer, where, features_map])
"""
# What happens on the screen, in milliseconds of the clock that the kernel has, too.
WATCH = """() => {
  const watched = window.watched = {key: 0, seen: []};
  const now = () => performance.timeOrigin + performance.now();
  document.addEventListener("keydown", () => { watched.key = now(); }, true);

  const onceShown = (call) => requestAnimationFrame(() => requestAnimationFrame(call));
  let strokes = 0;
  const stroke = CanvasRenderingContext2D.prototype.stroke;
  CanvasRenderingContext2D.prototype.stroke = function (...path) {
    if (this.canvas.parentNode?.classList.contains("leaflet-overlay-pane") && strokes++ === 0)
      onceShown(() => { watched.seen.push({at: now(), drawn: strokes}); strokes = 0; });
    return stroke.apply(this, path);
  };
  new MutationObserver((changes) => {
    for (const {target} of changes)
      if (target.matches("img.leaflet-image-layer") && target.src.startsWith("data:image/png"))
        target.decode().then(() => onceShown(() => watched.seen.push({at: now()})), () => {});
  }).observe(document.body, {subtree: true, attributes: true, attributeFilter: ["src"]});
}"""
IS_SHOWN = """(number) => {
  const status = document.querySelector(".aew-map-status .aew-live");
  const isBusy = !status || status.classList.contains("aew-tone-busy");
  return !isBusy && new RegExp(`(^|[^0-9,])${number}\\\\b`).test(status.textContent);
}"""
# not by keys, of which the browser itself keeps a history to undo them: one node of the page for each of the last 1,000
SET_VALUE = """(field, value) => {
  field.value = value;
  field.dispatchEvent(new Event("input", {bubbles: true}));
}"""
IS_SEEN_SINCE = "(begun) => window.watched.seen.some(({at}) => at >= begun)"
IS_DRAWN = "(number) => window.watched.seen.some((one) => one.drawn === number)"


def say(*cells):
    """Print one row of a table."""
    sys.stdout.write("".join(f"{cell!s:<18}" if place == 0 else f"{cell!s:>14}" for place, cell in enumerate(cells)))
    sys.stdout.write("\n")
    sys.stdout.flush()


def make_frame(count, kind):
    generator = np.random.default_rng(1)
    points = shapely.points(generator.uniform(0, 100, count), generator.uniform(0, 80, count))
    attributes = {
        "NAME": [f"name {number}" for number in range(count)],
        "CODE": generator.integers(0, 1000, count).astype("int32"),
        "VALUE": generator.random(count),
    }
    geometry = points if kind == "points" else shapely.buffer(points, 0.1, quad_segs=4)
    return gpd.GeoDataFrame(attributes, geometry=geometry, crs=4326)


def kept(frame, least):
    return int((frame["VALUE"] > float(least)).sum())


class Notebook:
    """A notebook of one cell in a JupyterLab of its own window, run to its end."""

    def __init__(self, browser, server, name, code, **values):
        cell = new_code_cell(textwrap.dedent(code).strip().format(**values))
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        nbformat.write(new_notebook(cells=[cell], metadata=kernel), server.folder / name)
        self.page = browser.new_context(viewport={"width": 1600, "height": 1500}).new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.received_bytes = 0
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._received))
        self.page.goto(server.page(f"lab/tree/{name}"))
        wait_until(lambda: server.kernel_is_ready(name), f"a kernel for {name}")
        self.page.evaluate(WATCH)
        self.page.get_by_text("Run", exact=True).first.click()
        self.page.get_by_text("Run All Cells", exact=True).click()

    def press(self, field, key):
        """Press a key in a field; forget what was seen and received before."""
        self.page.evaluate("() => { window.watched.seen = []; }")
        self.received_bytes = 0
        field.press(key)

    def seen(self):
        """When the last key was pressed, and what was seen on the map since."""
        watched = self.page.evaluate("() => window.watched")
        return watched["key"], watched["seen"]

    def _received(self, payload):
        self.received_bytes += len(payload)


class Form(Notebook):
    """The form, and what its kernel noted."""

    def __init__(self, browser, server, portal_url):
        self.log = server.folder / "form.log"
        super().__init__(browser, server, "form.ipynb", FORM, log=str(self.log), url=portal_url)
        self.page.get_by_label("Item", exact=True).wait_for()
        self.kernel = psutil.Process(next(self.notes("kernel"))["pid"])

    def notes(self, kind):
        found = map(json.loads, self.log.read_text().splitlines())
        return (one for one in found if one["kind"] == kind)

    def open(self, item_id, name, frame):
        """Open a layer; returns the field of its filter."""
        self.page.get_by_label("Item", exact=True).fill(item_id)
        self.page.get_by_role("button", name="Find", exact=True).click()
        self.page.get_by_label(name, exact=True).wait_for()
        self.wait_for(len(frame))
        self.page.get_by_role("button", name="Edit as SQL").click()
        return self.page.get_by_label(f"{name} where")

    def wait_for(self, count):
        """Wait until the map's status tells so many features and nothing more is to come."""
        self.page.wait_for_function(IS_SHOWN, arg=f"{count:,}", polling=100)

    def memory(self):
        """Bytes and nodes the page holds after collecting garbage, and bytes of the kernel."""
        devtools = self.page.context.new_cdp_session(self.page)
        for _ in range(2):
            devtools.send("HeapProfiler.collectGarbage")
        heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
        nodes = devtools.send("Memory.getDOMCounters")["nodes"]
        devtools.detach()
        return {"browser heap": heap, "browser nodes": nodes, "kernel": self.kernel.memory_info().rss}

    def measure(self, field, frame, least, digit):
        """Press one more digit in the filter; returns the figures of what follows."""
        whole, less = f"VALUE > {least}{digit}", kept(frame, least + digit)
        field.fill(f"VALUE > {least}")
        self.wait_for(kept(frame, least))
        self.press(field, digit)
        figures = self._figures(whole, less)
        self.press(field, "Backspace")
        self.page.wait_for_function(IS_SEEN_SINCE, arg=0)
        self.press(field, digit)
        return figures | {"hurried": self._figures(whole, less)["first"]}

    def _figures(self, where, count):
        self.wait_for(count)
        answers = [one for one in self.notes("answer") if one["where"] == where and one["at"] > self.seen()[0]]
        self.page.wait_for_function(IS_SEEN_SINCE, arg=answers[0]["at"])
        self.page.wait_for_timeout(SHORTLY_MS)  # more may be on its way
        key, seen = self.seen()
        shown = [one["at"] for one in seen if one["at"] >= answers[0]["at"]]
        begun = key + 1000 * TYPING_PAUSE_S
        asked = [(one["begun"], one["at"]) for one in self.notes("request") if one["in_view"]]
        first, final = shown[0] - begun, shown[-1] - begun
        return {
            "first": first,
            "final": final,
            "outside first": 1 - overlap(asked, begun, shown[0]) / first,
            "outside final": 1 - overlap(asked, begun, shown[-1]) / final,
            "kB": self.received_bytes / 1000,
            "in first": answers[0]["drawn"] / answers[-1]["matched"],
            "in final": answers[-1]["drawn"] / answers[-1]["matched"],
        }


class Peer(Notebook):
    """A plain map of a whole frame."""

    def __init__(self, browser, server, files, frames):
        self.frames = frames
        super().__init__(browser, server, "peer.ipynb", PEER, files={name: files[name] for name in frames})
        self.page.get_by_label("Where", exact=True).wait_for()

    def measure(self, name, frame, least, digit):
        self.page.get_by_label("Layer", exact=True).select_option(name)
        field = self.page.get_by_label("Where", exact=True)
        self.press(field, "End")
        field.fill(f"VALUE > {least}")
        self.page.wait_for_function(IS_DRAWN, arg=kept(frame, least), polling=100)
        self.press(field, digit)
        self.page.wait_for_function(IS_DRAWN, arg=kept(frame, least + digit), polling=100)
        key, seen = self.seen()
        return {"final": seen[-1]["at"] - key, "kB": self.received_bytes / 1000}


def overlap(spans, begun, ended):
    """How much of the time from `begun` to `ended` is in at least one of the spans."""
    covered, reached = 0.0, begun
    for start, end in sorted(spans):
        covered += max(min(end, ended) - max(start, reached), 0)
        reached = max(reached, end)
    return covered


def measure_filters(form, peer, frames, item_ids, options):
    figures, peers = {name: [] for name in frames}, {name: [] for name in frames}
    for turn in range(options.turns):
        for name, frame in frames.items():
            form.page.bring_to_front()
            field = form.open(item_ids[name], name, frame)
            for repeat in range(options.repeats):
                figures[name].append(form.measure(field, frame, f"0.{4 + turn % 2}", str(1 + repeat % 9)))
        peer.page.bring_to_front()
        for name, frame in peer.frames.items():
            peers[name].append(peer.measure(name, frame, f"0.{4 + turn % 2}", "5"))
    middle = {name: medians(found) for name, found in figures.items()}
    peer_middle = {name: medians(found) for name, found in peers.items() if found}
    times, shares = ("first", "hurried", "final"), ("in first", "in final", "outside first", "outside final")
    say("FILTER (medians)", *(f"{one} ms" for one in times), *shares, "kB")
    for name, found in middle.items():
        cells = [f"{found[one]:.0f}" for one in times] + [f"{found[one]:.0%}" for one in shares]
        say(name, *cells, f"{found['kB']:.0f}")
    smallest = next(iter(middle.values()))
    growth = [max(found[one] for found in middle.values()) / smallest[one] for one in times]
    say("growth (aim < 1.5)", *(f"{ratio:.2f}" for ratio in growth))
    say("PLAIN MAP", "ms", "times first", "times final", "kB", "times kB")
    for name, found in peer_middle.items():
        ratios = [f"{found['final'] / middle[name][one]:.1f}" for one in ("first", "final")]
        say(name, f"{found['final']:.0f}", *ratios, f"{found['kB']:.0f}", f"{found['kB'] / middle[name]['kB']:.1f}")


def medians(figures):
    return {name: statistics.median(one[name] for one in figures) for name in figures[0]}


def measure_memory(form, frames, item_ids, options):
    """Change the filter again and again; every other one keeps few enough to be drawn one by one."""
    name, frame = next((name, frame) for name, frame in frames.items() if len(frame) >= options.points[1])
    field = form.open(item_ids[name], name, frame)

    def change(times):
        for number in range(times):
            least = f"{0.8 if number % 2 else 0.2}{number:03}"
            field.evaluate(SET_VALUE, f"VALUE > {least}")
            form.wait_for(kept(frame, least))
        return form.memory()

    before, half, after = change(options.warm_up), change(options.changes // 2), change(options.changes // 2)
    say("MEMORY", "before", "half way", "after", "a change", f"({options.changes} changes of {name})")
    for what, unit in (("browser heap", 1e6), ("browser nodes", 1), ("kernel", 1e6)):
        grown = (after[what] - before[what]) / options.changes
        told = f"{grown / 1000:.1f} kB" if unit > 1 else f"{grown:.2f}"
        say(what, *(f"{one[what] / unit:.1f}" for one in (before, half, after)), told)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--polygons", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=3, help="how often each layer is opened")
    parser.add_argument("--repeats", type=int, default=5, help="filters measured each time")
    parser.add_argument("--changes", type=int, default=200, help="of the filter, while memory is watched")
    parser.add_argument("--warm-up", type=int, default=40)
    parser.add_argument("--only", nargs="+", default=["filters", "memory"], choices=["filters", "memory"])
    parser.add_argument("--smoke", action="store_true", help="small layers, once: only to see that it runs")
    options = parser.parse_args()
    if options.smoke:
        options.points, options.polygons = [1_000, 10_000], 500
        options.turns, options.repeats, options.warm_up, options.changes = 1, 1, 2, 4
    frames = {f"points_{size}": make_frame(size, "points") for size in options.points}
    frames[f"polygons_{options.polygons}"] = make_frame(options.polygons, "polygons")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files = {name: str(folder / f"{name}.gpkg") for name in frames}
        for name, frame in frames.items():
            pyogrio.write_dataframe(frame, files[name])
        server = JupyterServer(folder, folder / "settings")
        try:
            with LocalPortal(files.values(), start_timeout_s=600) as portal, sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
                with Portal(portal.url) as client:
                    item_ids = {name: client.search(f'title:"{name}"')[0].id for name in frames}
                form = Form(browser, server, portal.url)
                if "filters" in options.only:
                    peers = {name: frame for name, frame in frames.items() if len(frame) <= PEER_SIZES}
                    measure_filters(form, Peer(browser, server, files, peers), frames, item_ids, options)
                if "memory" in options.only:
                    form.page.bring_to_front()
                    measure_memory(form, frames, item_ids, options)
                browser.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
