"""Names that look unused to vulture, and who uses each."""

__getattr__, __dir__  # Python, for the package's lazy names
__signature__  # inspect.signature, help() and editors
_value_  # enum
do_GET, log_message  # http.server calls these
rebuild_auth  # requests calls it on a redirect
ConnectionCls, pool_classes_by_scheme  # urllib3 makes connections with them
traceback, exc  # parameters that __exit__ and urllib3 pass
should_exit  # uvicorn reads it
arcgis_local_portal  # pytest, in other projects
IDENTIFIERS, IDENTIFIERS_CAN_START_WITH_DIGIT, VAR_SINGLE_TOKENS, FUNCTIONS  # sqlglot reads its dialects' settings
ADJACENT_STRINGS_CANNOT_BE_CONNECTED  # sqlglot
tone, copied, disabled, dragging, button_style, border_top, zoom_in_title, zoom_out_title  # the browser, through traits
attention  # traitlets: the filter's view observes it
(
    assert_complete,
    from_browser,
    page_url,
    request_schema,
    save_request,
    load_request,
    use_language,
)  # people, in notebooks
crs_as_asked, extent_expected, extent_fits  # columns of the receipt's table
CSV, SCENE_PACKAGE, VECTOR_TILE_PACKAGE  # rows of a registry, found by their values
