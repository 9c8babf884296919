"""Functions that hosted layers do not have, and wrong numbers of arguments."""

import pytest

from arcgis_export_widgets.where.checks import check_where


@pytest.mark.parametrize(
    ("clause", "fix"),
    [
        ("LEN(STATE) = 2", "write CHAR_LENGTH(text)"),
        ("YEAR(opened) = 2020", "write EXTRACT(YEAR FROM date)"),
        ("opened > NOW()", "write CURRENT_TIMESTAMP or CURRENT_DATE"),
        ("UPER(STATE) = 'CA'", "did you mean UPPER?"),
        ("MAX(POPULATION) > 3", "compare with a value"),
    ],
)
def test_functions_of_other_databases_are_translated(clause, fix, cities):
    (problem,) = check_where(clause, cities)
    assert problem.fix == fix
    assert problem.is_error
    name = clause[problem.position : problem.position + problem.length]
    assert clause[problem.position + len(name)] == "("


@pytest.mark.parametrize(
    ("clause", "said"),
    [
        ("ROUND(POPULATION, 1, 2) = 2", "ROUND takes 1 to 2 arguments, not 3"),
        ("UPPER(STATE, NAME) = 'CA'", "UPPER takes 1 argument, not 2"),
        ("POWER(POPULATION) = 4", "POWER takes 2 arguments, not 1"),
        ("COALESCE() = 4", "COALESCE takes at least 1 argument, not 0"),
        ("SUBSTRING(STATE) = 'C'", "SUBSTRING takes 2 to 3 arguments, not 1"),
        ("opened > CURRENT_DATE(1)", "CURRENT_DATE takes 0 arguments, not 1"),
    ],
)
def test_arguments_are_counted(clause, said, cities):
    (problem,) = check_where(clause, cities)
    assert said in str(problem)
    assert problem.is_error


def test_a_function_nobody_knows_is_left_to_the_server_with_a_warning(cities):
    (problem,) = check_where("ST_Buffer_2(POPULATION) > 3", cities)
    assert not problem.is_error
    assert "ST_BUFFER_2" in str(problem)
