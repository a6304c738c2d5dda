import threading
from functools import partial

from gateway.domain.ids import ApplicationId
from gateway.transport.consumers import ConsumerCache
from tests.builders import APPLICATION, KnownConsumers, a_consumer

OTHER = ApplicationId("app_other")


def ask(cache, finder, key=APPLICATION):
    return cache.get(key, lambda: finder.find_application(key))


def test_a_consumer_is_found_once():
    cache, finder = ConsumerCache(10), KnownConsumers(a_consumer())

    assert [ask(cache, finder) for _ in range(3)] == [a_consumer()] * 3
    assert finder.asked == 1


def test_that_there_is_nobody_is_remembered_until_somebody_changes():
    cache, finder = ConsumerCache(10), KnownConsumers()
    assert [ask(cache, finder) for _ in range(2)] == [None, None]
    assert finder.asked == 1

    cache.drop({OTHER})

    ask(cache, finder)
    assert finder.asked == 2


def test_a_change_is_seen_under_every_name_of_the_application():
    cache = ConsumerCache(10)
    for key in (APPLICATION, b"digest of a key"):
        cache.get(key, a_consumer)

    cache.drop({APPLICATION})

    assert cache.get(APPLICATION, lambda: None) is None
    assert cache.get(b"digest of a key", lambda: None) is None


def test_others_stay_when_one_changes():
    cache, finder = ConsumerCache(10), KnownConsumers(a_consumer())
    ask(cache, finder)

    cache.drop({OTHER})
    cache.drop(set())

    ask(cache, finder)
    assert finder.asked == 1


def test_the_least_recently_used_is_forgotten_first():
    cache, finder = ConsumerCache(2), KnownConsumers(*(a_consumer(application_id=name) for name in "abc"))

    for name in ("a", "b", "a", "c", "a"):
        ask(cache, finder, name)

    assert finder.asked == 3
    ask(cache, finder, "b")
    assert finder.asked == 4


def test_what_was_being_looked_up_while_it_changed_is_not_kept():
    cache = ConsumerCache(10)
    looking, changed = threading.Event(), threading.Event()

    def slowly():
        looking.set()
        assert changed.wait(5)
        return a_consumer()

    reader = threading.Thread(target=lambda: cache.get(APPLICATION, slowly))
    reader.start()
    assert looking.wait(5)
    cache.drop({APPLICATION})
    changed.set()
    reader.join()

    assert cache.get(APPLICATION, lambda: None) is None


def test_keys_that_are_nobody_s_push_out_nobody_who_is_known():
    cache, finder = ConsumerCache(100), KnownConsumers(a_consumer())
    ask(cache, finder)
    for made_up in range(1_000):
        ask(cache, finder, f"made up {made_up}")
    asked = finder.asked

    assert ask(cache, finder) == a_consumer()
    assert ask(cache, finder, "made up 999") is None
    assert finder.asked == asked
    ask(cache, finder, "made up 0")
    assert finder.asked == asked + 1


def test_whoever_was_found_is_still_known_when_an_edit_or_others_made_the_rest_be_forgotten():
    names = [ApplicationId(f"app_{number}") for number in range(3)]
    cache = ConsumerCache(2)
    for name in names:
        cache.get(name, partial(a_consumer, application_id=name))
    pushed_out = [cache.was_held(name) for name in names]

    cache.drop({names[1]})
    edited = [cache.was_held(name) for name in names]
    cache.get(names[1], a_consumer)

    assert (pushed_out, edited) == ([True, False, False], [True, True, False])
    assert not cache.was_held(names[1])


def test_whoever_is_gone_is_known_until_that_is_found_out():
    cache = ConsumerCache(2)
    cache.get(APPLICATION, a_consumer)
    cache.drop({APPLICATION})
    before = cache.was_held(APPLICATION)

    cache.get(APPLICATION, lambda: None)

    assert (before, cache.was_held(APPLICATION)) == (True, False)


def test_no_more_former_consumers_are_remembered_than_there_are_places():
    cache, keys = ConsumerCache(2), [b"%d" % number for number in range(10)]
    for key in keys:
        cache.get(key, a_consumer)

    assert [key for key in keys if cache.was_held(key)] == keys[6:8]
