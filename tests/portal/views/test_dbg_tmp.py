from tests.portal.views.test_publish_upload import *
def test_x(site, heritage):
    a = send(heritage, {"document": (BytesIO(b"x" * MOST_READ), "a.yaml")})
    print(a.status_code, a.text[a.text.index("<main"):][:3000])
    a = heritage.post("/en/publish/new", {"name": "budget", "description_en": "#" * 300_000})
    print(a.status_code, a.request.max_content_length, a.request.content_length)
    print(site.app.before_request_funcs)
