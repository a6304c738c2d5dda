from gateway.transport.parties import PATIENCE


def test_a_tunnel_may_be_silent_for_longer_than_a_body_and_a_body_for_longer_than_a_head():
    assert 0 < PATIENCE.linger < PATIENCE.head < PATIENCE.stall < PATIENCE.tunnel
