from gateway.http.messages import Body, Reply


def test_a_body_that_is_all_here_knows_its_length():
    body = Body.of(b"abc")

    assert (list(body.chunks), body.length) == ([b"abc"], 3)


def test_a_reply_is_empty_unless_told_else():
    assert Reply(204).body.length == 0
