from bench.bodies import JSON, POST, SMALL, Asked
from bench.contestants import Place
from bench.load import lua

PLACE = Place("ours", 80, 1, "/api/a/v1", {"Authorization": "Bearer t"})


def test_wrk_is_told_the_whole_path_and_the_fields():
    script = lua(PLACE, JSON)

    assert 'local paths = {"/api/a/v1/json"}' in script
    assert 'wrk.headers["Authorization"] = "Bearer t"' in script
    assert "wrk.body" not in script


def test_wrk_is_told_the_method_and_the_body():
    script = lua(PLACE, POST)

    assert 'wrk.method = "POST"' in script
    assert 'wrk.body = string.rep("x", 10240)' in script


def test_wrk_is_told_every_path():
    assert '{"/api/a/v1/x", "/api/a/v1/y"}' in lua(PLACE, Asked(("/x", "/y")))


def test_the_small_answer_is_424_bytes_that_a_configuration_file_leaves_alone():
    assert len(SMALL) == 424
    assert not set(b"'$\\") & set(SMALL)
