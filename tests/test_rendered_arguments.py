"""What a DAG's author wrote, however Airflow rendered it."""

import pytest

from jira_staging.errors import WrongUse
from jira_staging.rendered_arguments import limit_of, names_in, strategy_of, text_of, truth_of


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ((), ()),
        ([], ()),
        (None, ()),
        ("", ()),
        ("None", ()),
        ("PAY", ("PAY",)),
        (" PAY , OPS,", ("PAY", "OPS")),
        (["PAY", "OPS"], ("PAY", "OPS")),
        (("PAY", "", None, "None", " OPS "), ("PAY", "OPS")),
        ("['PAY', 'OPS']", ("PAY", "OPS")),
        ("['Billing, old', \"It's\"]", ("Billing, old", "It's")),
        ("()", ()),
        ("('PAY')", ("PAY",)),
        (10016, ("10016",)),
        ((10, 20), ("10", "20")),
        ([1.5, "[Legacy]"], ("1.5", "[Legacy]")),
    ],
)
def test_names_are_read_from_lists_their_text_and_texts_with_commas(given: object, names: tuple[str, ...]) -> None:
    assert names_in(given) == names


@pytest.mark.parametrize("given", ["[PAY, OPS]", "['PAY'", "[import os]", "(1"])
def test_a_text_that_is_nearly_a_list_is_refused_or_one_name(given: str) -> None:
    if given[-1] in ")]":
        with pytest.raises(WrongUse, match="looks like a list, but cannot be read as one"):
            names_in(given)
    else:
        assert names_in(given) == (given,)


@pytest.mark.parametrize(("given", "text"), [(None, None), ("", None), (" ", None), ("None", None), (" a b ", "a b"), (7, "7")])
def test_no_text_is_none(given: object, text: str | None) -> None:
    assert text_of(given) == text


@pytest.mark.parametrize(("given", "limit"), [(None, None), ("", None), ("None", None), (5, 5), ("5", 5), (" 500 ", 500)])
def test_a_limit_is_a_number_of_issues(given: object, limit: int | None) -> None:
    assert limit_of(given) == limit


@pytest.mark.parametrize("given", [0, "0", -3, "many", 2.5, True, "1e3"])
def test_a_limit_that_is_no_number_of_issues_is_refused(given: object) -> None:
    with pytest.raises(WrongUse, match="`limit` is a number of issues, at least 1, or nothing; it is"):
        limit_of(given)


@pytest.mark.parametrize("given", [True, "True", " true ", "yes", "1", 1])
def test_what_says_yes_is_true(given: object) -> None:
    assert truth_of(given, "full") is True


@pytest.mark.parametrize("given", [False, "False", "no", "", None, "None", 0])
def test_what_says_no_or_nothing_is_false(given: object) -> None:
    assert truth_of(given, "full") is False
    assert truth_of(given, "reporting_views", otherwise=True) is (given in ("", None, "None"))


def test_what_is_neither_true_nor_false_is_refused() -> None:
    with pytest.raises(WrongUse, match="`full` is true or false; it is `maybe`"):
        truth_of("maybe", "full")


def test_a_load_strategy_is_one_of_five_and_merge_where_nothing_is_said() -> None:
    assert [strategy_of(given) for given in (None, "", " append ", "truncate_insert")] == [
        "merge",
        "merge",
        "append",
        "truncate_insert",
    ]
    with pytest.raises(WrongUse) as refusal:
        strategy_of("upsert")
    assert str(refusal.value) == (
        "There is no load strategy `upsert` here: use one of merge, append, replace, truncate_insert, fail_if_exists."
    )
