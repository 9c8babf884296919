from __future__ import annotations

import asyncio
import threading

from arcgis_export_widgets.state.runner import Debounce, Latest, SameThreadRunner, ThreadRunner, default_runner


def test_work_is_done_in_another_thread_and_answered_in_this_one():
    async def scene():
        here, answered = threading.get_ident(), asyncio.get_running_loop().create_future()
        ThreadRunner(asyncio.get_running_loop()).submit(
            threading.get_ident,
            lambda there: answered.set_result((there, threading.get_ident())),
            answered.set_exception,
        )
        there, back = await answered
        assert there != here
        assert back == here

    asyncio.run(scene())


def test_an_exception_of_the_work_is_handed_back():
    async def scene():
        failed = asyncio.get_running_loop().create_future()
        ThreadRunner(asyncio.get_running_loop()).submit(lambda: 1 / 0, failed.set_exception, failed.set_result)
        assert isinstance(await failed, ZeroDivisionError)

    asyncio.run(scene())


def test_a_clock_ticks_until_it_is_called_off():
    async def scene():
        ticks, twice = [], asyncio.Event()

        def tick():
            ticks.append(None)
            if len(ticks) == 2:
                call_off()
                twice.set()

        call_off = ThreadRunner(asyncio.get_running_loop()).every(0.001, tick)
        await twice.wait()
        after = asyncio.Event()
        asyncio.get_running_loop().call_later(0.01, after.set)
        await after.wait()
        assert len(ticks) == 2

    asyncio.run(scene())


def test_a_timer_set_from_another_thread_rings_in_time_though_the_loop_sleeps():
    async def scene():
        loop = asyncio.get_running_loop()
        began, rung = loop.time(), asyncio.Event()
        # it acts when the loop, which has nothing to do for five seconds, has gone to sleep
        subshell = threading.Timer(0.2, ThreadRunner(loop).later, args=(0.01, rung.set))
        subshell.start()
        await asyncio.wait_for(rung.wait(), timeout=60)
        subshell.join()
        assert loop.time() - began < 4

    asyncio.run(scene())


def test_an_answer_after_the_loop_has_ended_is_dropped_quietly():
    loop = asyncio.new_event_loop()
    loop.close()
    ThreadRunner(loop).hand_over(lambda: None)


def test_without_a_loop_work_is_done_in_this_thread():
    seen = []
    default_runner().submit(threading.get_ident, seen.append, seen.append)
    assert seen == [threading.get_ident()]


def test_only_the_newest_answer_is_passed_on(steps):
    seen, latest = [], Latest(steps)
    latest.run(lambda: "old", seen.append, seen.append)
    latest.run(lambda: "new", seen.append, seen.append)
    steps.answer(1)
    steps.answer(0)
    assert seen == ["new"]


def test_superseded_work_that_has_not_begun_is_not_done(steps):
    done, latest = [], Latest(steps)
    latest.run(lambda: done.append("old"), lambda _: None, done.append)
    latest.run(lambda: done.append("new"), lambda _: None, done.append)
    steps.settle()
    assert done == ["new"]


def test_typing_on_puts_the_call_off(steps):
    seen, debounce = [], Debounce(steps, 0.3)
    debounce.call(lambda: seen.append("in the middle of a word"))
    debounce.call(lambda: seen.append("at rest"))
    steps.rest()
    assert seen == ["at rest"]


def test_in_a_script_nothing_is_put_off():
    seen = []
    Debounce(SameThreadRunner(), 0.3).call(lambda: seen.append("now"))
    assert seen == ["now"]
