from __future__ import annotations

from datetime import date, time

import geopandas
import pytest
from front_end import css_classes
from ipywidgets import DatePicker, DOMWidget, Dropdown, Text, Textarea, TimePicker
from ipywidgets.widgets.widget import _instances

from arcgis_export_widgets import ExportApp
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.where.conditions import Operator

WORLD = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"


@pytest.fixture
def cities(app):
    return app.layer_list.layers[1].filter


@pytest.fixture
def quakes(portal):
    return ExportApp(portal, item=WORLD, runner=SameThreadRunner()).layer_list.layers[0].filter


def added(builder):
    builder.root.add_condition.click()
    return list(builder.root.parts.values())[-1]


def shown(widget):
    return widget.layout.display is None


def test_a_condition_is_built_by_choosing_and_typing(cities):
    view = added(cities)
    view.field.value = "POPULATION"
    view.operator.value = Operator.GREATER
    view.values.fields[0].value = "100000"
    assert cities.where.value == "POPULATION > 100000"
    assert "POPULATION &gt; 100000" in cities.sql.value


def test_a_value_that_is_none_is_shown_below_it(cities):
    view = added(cities)
    view.field.value = "POPULATION"
    view.values.fields[0].value = "many"
    assert "&quot;many&quot; is not a number" in view.problem.value
    assert cities.where.value == ""


def test_nothing_is_said_of_a_condition_just_added(cities):
    assert added(cities).problem.value == ""


def test_between_asks_for_two_values_with_labels_of_their_own(cities):
    view = added(cities)
    view.field.value = "POPULATION"
    view.operator.value = Operator.BETWEEN
    assert [field.description for field in view.values.fields] == [
        "Population is between, from",
        "Population is between, to",
    ]


def test_a_moment_is_a_day_and_if_wanted_a_time(quakes):
    view = added(quakes)
    view.field.value = "OCCURRED"
    day, clock = view.values.fields
    assert (type(day), type(clock)) == (DatePicker, TimePicker)
    day.value = date(2018, 2, 1)
    assert quakes.where.value == "OCCURRED >= DATE '2018-02-01'"
    clock.value = time(12, 30)
    assert quakes.where.value == "OCCURRED >= TIMESTAMP '2018-02-01 12:30:00'"


def test_a_relative_date_is_a_number_and_a_unit(quakes):
    view = added(quakes)
    view.field.value = "OCCURRED"
    view.operator.value = Operator.IN_LAST
    count, unit = view.values.fields
    count.value, unit.value = "3", "hours"
    assert quakes.where.value == "OCCURRED >= CURRENT_TIMESTAMP - INTERVAL '3' HOUR"


def test_sql_is_one_click_away_and_so_are_conditions(cities):
    cities.to_sql.click()
    assert shown(cities.where)
    assert not shown(cities.root)
    cities.where.value = "POPULATION >= 5 AND STATE_ABBR IN ('CA', 'OR')"
    cities.to_conditions.click()
    first, second = cities.root.parts.values()
    assert [type(first.values.fields[0]), type(second.values.fields[0])] == [Text, Textarea]
    assert second.values.fields[0].value == "CA\nOR"
    assert shown(cities.root)


def test_sql_beyond_conditions_stays_and_says_why(cities):
    cities.to_sql.click()
    cities.where.value = "MOD(POPULATION, 2) = 0"
    cities.to_conditions.click()
    assert shown(cities.where)
    assert "exactly as written" in cities.note.value
    assert cities.where.value == "MOD(POPULATION, 2) = 0"


def test_conditions_move_and_go(cities):
    cities.where.value = "POPULATION >= 5 AND STATE_ABBR = 'CA'"
    first, second = cities.root.parts.values()
    assert not shown(first.actions.up)
    second.actions.up.click()
    assert cities.where.value == "STATE_ABBR = 'CA' AND POPULATION >= 5"
    assert list(cities.root.parts.values()) == [second, first]
    first.actions.take_out.click()
    assert cities.where.value == "STATE_ABBR = 'CA'"
    assert first.comm is None


def test_a_part_that_moves_is_followed_by_its_new_view_only(cities):
    cities.where.value = "POPULATION >= 5 AND (STATE_ABBR = 'CA' OR (STATE_ABBR = 'OR' AND POPULATION > 7))"
    moved, group = cities.root.state.children
    inner = group.children[1]

    def followers():
        return {
            (part, name): len(part._trait_notifiers[name]["change"])
            for part, names in ((moved, ["inputs", "matched"]), (inner, ["children", "matched"]))
            for name in names
        }

    before = followers()
    builder = cities.root._builder
    for part in (moved, inner):
        for step in (1, -1):
            builder.move(part, step)
    assert [child is moved for child in cities.root.state.children].count(True) == 1
    assert followers() == before


def test_groups_can_hold_groups(cities):
    cities.where.value = "POPULATION >= 5"
    cities.root.add_group.click()
    group = list(cities.root.parts.values())[-1]
    group.add_group.click()
    inner = list(group.parts.values())[-1]
    assert (group.match.value, inner.match.value) == ("any", "all")


def test_a_group_is_added_with_the_other_word_between_its_conditions(cities):
    cities.where.value = "POPULATION >= 5"
    cities.root.add_group.click()
    group = list(cities.root.parts.values())[-1]
    assert group.match.value == "any"
    assert len(group.parts) == 1


def test_counts_stand_at_conditions_once_there_are_two(cities):
    cities.where.value = "POPULATION >= 100000 AND STATE_ABBR = 'CA'"
    first, second = cities.root.parts.values()
    layer = cities.state.layer
    assert f"<b>{layer.count('POPULATION >= 100000'):,}</b>" in first.count.value
    assert f"<b>{layer.count(second.state.sql):,}</b>" in second.count.value


def test_every_input_has_a_label(quakes):
    view = added(quakes)
    inputs = [view.field, view.operator, *view.values.fields]
    assert all(isinstance(one, (Dropdown, DatePicker, TimePicker, Text)) and one.description for one in inputs)


def test_pressing_bars_sets_the_values_and_colours_what_is_kept(cities):
    view = added(cities)
    view.field.value, view.operator.value = "POPULATION", Operator.BETWEEN
    assert shown(view.histogram)
    assert view.histogram.bars[0].tooltip.startswith("5,000 to 10 k: ")
    view.histogram.bars[3].click()
    assert [field.value for field in view.values.fields] == ["50000", "100000"]
    out = ["aew-out" in css_classes(bar) for bar in view.histogram.bars[:5]]
    assert out == [True, True, True, False, True]


def test_ticking_values_makes_the_list_and_the_list_ticks_values(cities):
    view = added(cities)
    view.field.value = "STATE_ABBR"
    view.choices.boxes["CA"].value = True
    view.choices.boxes["NY"].value = True
    assert cities.where.value == "STATE_ABBR IN ('CA', 'NY')"
    assert view.values.fields[0].value == "CA\nNY"
    view.values.fields[0].value = "TX"
    assert [value for value, box in view.choices.boxes.items() if box.value] == ["TX"]


def test_codes_are_shown_by_their_labels(quakes):
    view = added(quakes)
    view.field.value = "STATUS"
    labels = dict(view.state.about.domain.labels)
    assert {box.description for box in view.choices.boxes.values()} == set(labels.values())
    view.choices.boxes["R"].value = True
    assert quakes.where.value == "STATUS IN ('R')"
    assert view.values.fields[0].value == labels["R"]


def test_codes_can_be_chosen_though_the_rest_of_the_filter_keeps_no_row(quakes):
    quakes.where.value = "MAGNITUDE > 99"
    view = added(quakes)
    view.field.value = "STATUS"
    assert set(view.choices.boxes) == {"A", "R"}
    view.choices.boxes["R"].value = True
    assert quakes.where.value == "MAGNITUDE > 99 AND STATUS IN ('R')"


def test_one_of_many_codes_is_found_by_a_part_of_its_label(local_portal, portal):
    codes = [{"code": number, "name": f"Parcel use {number}"} for number in range(3000)]
    domain = {"type": "codedValue", "name": "LandUse", "codedValues": codes}
    places = geopandas.points_from_xy([1, 2, 3], [1, 2, 3], crs=4326)
    uses = geopandas.GeoDataFrame({"LAND_USE": [7, 7, 2999]}, geometry=places)
    item = local_portal.add(uses, title="Land use", fields={"LAND_USE": {"domain": domain}})
    builder = ExportApp(portal, item=item, runner=SameThreadRunner()).layer_list.layers[0].filter
    view = added(builder)
    view.field.value, view.operator.value = "LAND_USE", Operator.IN
    view.choices.find.value = "use 2999"
    assert view.choices.find.options == ("Parcel use 2999",)
    view.choices.find.value = "Parcel use 2999"
    view.choices.add.click()
    assert builder.where.value == "LAND_USE IN (2999)"


def test_a_value_that_is_not_frequent_is_found_and_added(cities):
    view = added(cities)
    view.field.value = "NAME"
    view.choices.find.value = "O'F"
    assert "O'Fallon" in view.choices.find.options
    view.choices.find.value = "O'Fallon"
    view.choices.add.click()
    assert cities.where.value == "NAME IN ('O''Fallon')"
    assert view.choices.find.value == ""


def test_a_single_text_is_suggested_while_typing(cities):
    view = added(cities)
    view.field.value, view.operator.value = "STATE_NAME", Operator.EQUALS
    assert "California" in view.values.fields[0].options


def test_changing_a_filter_again_and_again_leaves_no_widgets_behind(cities):
    def change():
        view = added(cities)
        for field, operator in (
            ("STATE_ABBR", Operator.IN),
            ("NAME", Operator.EQUALS),
            ("POPULATION", Operator.BETWEEN),
        ):
            view.field.value = field
            view.operator.value = operator
        cities.root.add_group.click()
        for part in cities.root.state.children:
            cities.state.remove(part)

    change()
    before = len(_instances)
    for _ in range(3):
        change()
    assert len(_instances) == before


def test_the_keyboard_goes_on_with_what_was_added_or_moved(cities, monkeypatch):
    focused = []
    monkeypatch.setattr(DOMWidget, "focus", lambda widget: focused.append(widget.description))
    cities.where.value = "POPULATION >= 5 AND STATE_ABBR = 'CA'"
    cities.root.add_condition.click()
    assert focused == ["Field"]
    first = next(iter(cities.root.parts.values()))
    first.actions.down.click()
    assert focused == ["Field", "Up"]
    first.actions.take_out.click()
    assert focused == ["Field", "Up", "Add condition"]


def test_why_there_are_no_values_to_choose_from_is_shown(cities):
    view = added(cities)
    view.help.error = "The portal <cannot> count."
    assert "No values to choose from: The portal &lt;cannot&gt; count." in view.problem.value


ODD = [" lead", "lead", "two\nlines", "a'b", "x, y", "\u2028"]
SAME = {1: "same", 2: "same", 3: "", 4: " pad ", 5: "two\nlines", 6: "1", 7: "x"}


@pytest.fixture(scope="module")
def odd(local_portal):
    """A layer with texts and labels that a line does not hold, or that do not tell codes apart."""
    codes = [{"code": code, "name": label} for code, label in SAME.items()]
    frame = geopandas.GeoDataFrame(
        {"name": [*ODD, "plain"], "kind": list(SAME)}, geometry=geopandas.points_from_xy(range(7), range(7)), crs=4326
    )
    domain = {"type": "codedValue", "name": "Kinds", "codedValues": codes}
    return local_portal.add(frame, title="Odd texts", fields={"kind": {"domain": domain}})


@pytest.mark.parametrize(("name", "values"), [("name", ODD), ("kind", list(SAME))])
def test_a_list_stays_what_was_chosen_whatever_its_lines_look_like(portal, odd, name, values):
    view = ExportApp(portal, item=odd, runner=SameThreadRunner()).layer_list.layers[0].filter
    state = view.state
    for several in [values, *([value] for value in values)]:
        state.where = ""
        state.add_condition(state.root)
        condition = state.root.children[0]
        condition.field, condition.operator = name, Operator.IN
        condition.inputs = tuple(several)
        assert condition.inputs == tuple(several)
        assert condition.condition.values == tuple(several)


def test_values_that_lines_do_not_hold_outlive_typing_beside_them(portal, odd):
    view = ExportApp(portal, item=odd, runner=SameThreadRunner()).layer_list.layers[0].filter
    view.state.where = "name IN (' lead', 'two\nlines')"
    (condition,) = view.root.parts.values()
    (area,) = condition.values.fields
    assert view.state.where == "name IN (' lead', 'two\nlines')"
    area.value += "\nplain"
    assert view.state.where == "name IN (' lead', 'two\nlines', 'plain')"


def test_codes_of_the_same_label_are_told_apart(portal, odd):
    view = ExportApp(portal, item=odd, runner=SameThreadRunner()).layer_list.layers[0].filter
    condition = added(view)
    condition.field.value, condition.operator.value = "kind", Operator.EQUALS
    (choice,) = condition.values.fields
    labels = [label for label, _ in choice.options]
    assert labels == ["choose", "same (1)", "same (2)", "3", "pad", "two lines", "1 (6)", "x"]
    condition.operator.value = Operator.IN
    (area,) = condition.values.fields
    area.value = "same (2)\npad"
    assert view.state.where == "kind IN (2, 4)"
    area.value = "same"
    assert "label of several codes, 1, 2; write the code" in condition.problem.value


@pytest.mark.parametrize("clause", ["kind >= 2", "kind BETWEEN 2 AND 6", "kind IN (2, 99)", "kind = 99", "kind <> 2"])
def test_codes_that_are_compared_like_numbers_are_shown_and_stay(portal, odd, clause):
    view = ExportApp(portal, item=odd, runner=SameThreadRunner()).layer_list.layers[0].filter
    view.state.where = clause
    assert view.state.mode == "conditions"
    assert view.state.where == clause


def test_a_code_that_was_written_is_chosen_where_codes_are_chosen(portal, odd):
    view = ExportApp(portal, item=odd, runner=SameThreadRunner()).layer_list.layers[0].filter
    view.state.where = "kind >= 2"
    (condition,) = view.root.parts.values()
    condition.operator.value = Operator.EQUALS
    assert condition.values.fields[0].value == 2
    assert view.state.where == "kind = 2"


@pytest.mark.parametrize("clause", ["name = ''", "name IN ('', 'lead')", "kind BETWEEN 6 AND 2"])
def test_sql_that_conditions_would_lose_a_part_of_stays_sql_and_can_be_exported(portal, odd, clause):
    form = ExportApp(portal, item=odd, runner=SameThreadRunner()).state.layer_list.layers[0]
    form.where = clause
    assert form.filter.mode == "sql"
    assert form.where == clause
    assert form.blockers == ()
