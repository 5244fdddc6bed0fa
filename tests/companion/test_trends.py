from typing import List

from tidemark.recorder import Recorder
from tidemark.settings import Settings
from tidemark.trends import OTHERS, Table, Trends, dump, load, merge, summarize


def test_figures_of_several_workers_are_added_and_their_largest_kept() -> None:
    table: Table = {"a": {5: [10, 1, 100, 50, 70, 0]}}
    merge(table, {"a": {5: [1, 0, -20, 60, 10, 1], 6: [2, 0, 8, 8, 0, 0]}}, names=9, periods=9)
    assert table == {"a": {5: [11, 1, 80, 60, 70, 1], 6: [2, 0, 8, 8, 0, 0]}}
    (trend,) = summarize(table)
    assert trend == ("a", 13, 1, 88, 60, 70, 1, 2, 2)
    assert round(trend.kept_each, 2) == 7.33  # of those that ran alone


def test_tables_stay_bounded() -> None:
    table: Table = {}
    for index in range(50):
        merge(table, {f"view{index}": {index: [1, 0, 0, 0, 0, 0]}}, names=10, periods=40)
    assert len(table) <= 11 and sum(len(rows) for rows in table.values()) == 40
    assert min(at for rows in table.values() for at in rows) == 10
    trends = Trends(names=3, period=3600, periods=24)
    for index in range(9):
        trends.count(f"view{index}")
    taken = trends.take()
    assert sorted(taken) == [OTHERS, "view0", "view1", "view2"]
    assert [row[0] for row in taken[OTHERS].values()] == [6]


def test_what_is_shared_is_counted_and_blamed_for_nothing() -> None:
    trends = Trends(names=3, period=3600, periods=24)
    trends.count("a")
    trends.add("a", shared=True, peak=10**9, loud=True)
    (trend,) = summarize(trends.take())
    assert (trend.requests, trend.shared, trend.kept, trend.peak, trend.loud) == (1, 1, 0, 0, 1)


def test_whatever_lies_in_the_cache_is_no_error() -> None:
    table = {"a": {5: [1, 0, 0, 0, 0, 0]}}
    assert load(dump(table)) == table
    garbage = [
        None,
        "",
        "[",
        b"\xff",
        5,
        "5",
        '{"a":5}',
        '{"a":{"5":[1]}}',
        '{"a":{"5":[1,0,0,0,0,"x"]}}',
        "[" * 9**5,
    ]
    assert [load(one) for one in garbage] == [{}] * len(garbage)


def test_what_a_store_refuses_comes_again(log: List[str]) -> None:
    answers: List[object] = [False, RuntimeError("redis://:secret@host"), True]
    stored: List[Table] = []

    def store(table: Table) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer:
            stored.append(table)
        return bool(answer)

    recorder = Recorder(Settings(trends_flush_requests=1), store)
    for _ in range(3):
        recorder.meter.end(recorder.meter.begin(), "a")
        assert recorder.must_flush()
        recorder.flush()
    assert [row[0] for row in stored[0]["a"].values()] == [3] and len(stored) == 1
    assert log == ["WARNING trends are not stored: RuntimeError"]
    recorder.close()
