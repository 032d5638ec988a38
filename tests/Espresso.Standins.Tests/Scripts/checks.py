"""The checks of Checks.cs as a C-core (grpcio) client. Prints one JSON line per check: {"check", "error"}.

Arguments: file with the FileDescriptorProto of echo.proto, host:port in clear text, port of TLS, certificate file,
names of the checks.
"""

import json
import os
import re
import sys
import threading
import time
import traceback

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

descriptor_file, plain_target, tls_port, certificate_file, *names = sys.argv[1:]
PACKAGE = "espresso.standins.test"
MEGABYTES = 1024 * 1024
LIMITS = [("grpc.max_receive_message_length", 17 * MEGABYTES), ("grpc.max_send_message_length", -1)]

pool = descriptor_pool.DescriptorPool()
with open(descriptor_file, "rb") as file:
    pool.Add(descriptor_pb2.FileDescriptorProto.FromString(file.read()))
factory = message_factory.MessageFactory(pool)


class Client:
    """One attribute per method of the service, as generated code would have it."""

    def __init__(self, channel, service="Echo"):
        self.channel = channel
        for method in pool.FindServiceByName(f"{PACKAGE}.{service}").methods:
            client_streams, server_streams = METHOD_KINDS.get(method.name, (False, False))
            kind = ("stream" if client_streams else "unary") + "_" + ("stream" if server_streams else "unary")
            call = getattr(channel, kind)(
                f"/{PACKAGE}.{service}/{method.name}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=factory.GetPrototype(method.output_type).FromString,
            )
            setattr(self, method.name, call)


METHOD_KINDS = {"Collect": (True, False), "Repeat": (False, True), "Chat": (True, True), "HangStreaming": (False, True)}


def new(name, **fields):
    return factory.GetPrototype(pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))(**fields)


def new_id():
    return os.urandom(8).hex()


def equal(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call did not fail")


def values(metadata, key):
    return [value for name, value in metadata or () if name == key]


echo = Client(grpc.insecure_channel(plain_target, options=LIMITS))


def ending(id):
    return echo.AwaitEnd(new("HangRequest", id=id), timeout=60)


def unary():
    equal(echo.Unary(new("Message", body="grüße".encode()), timeout=60).body.decode(), "grüße")


def client_streaming():
    answer = echo.Collect((new("Message", body=b"%d," % i) for i in range(100)), timeout=60)
    equal(answer.body, b"".join(b"%d," % i for i in range(100)))


def server_streaming():
    answers = [m.body for m in echo.Repeat(new("RepeatRequest", body=b"again", times=500), timeout=60)]
    equal(answers, [b"again"] * 500)


def duplex():
    answered = threading.Semaphore(1)

    def pings():
        # Each answer is awaited before the next request goes out: true ping-pong.
        for i in range(50):
            answered.acquire()
            yield new("Message", body=b"ping %d" % i)

    answers = []
    for message in echo.Chat(pings(), timeout=60):
        answers.append(message.body)
        answered.release()
    equal(answers, [b"ping %d" % i for i in range(50)])


def deadline():
    id = new_id()
    started = time.monotonic()
    error = failure(lambda: echo.Hang(new("HangRequest", id=id), timeout=2))
    equal(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    assert time.monotonic() - started < 30
    ending(id)


def deadline_carried():
    left = echo.Describe(new("Message"), timeout=40).milliseconds_left
    # The C core rounds what it sends up.
    assert 20_000 < left <= 42_000, left
    equal(echo.Describe(new("Message")).milliseconds_left, -1)


def first_message(id):
    stream = echo.HangStreaming(new("HangRequest", id=id), timeout=60)
    equal(next(stream).body.decode(), id)
    return stream


def cancel_unary():
    id = new_id()
    call = echo.Hang.future(new("HangRequest", id=id), timeout=60)
    echo.AwaitStart(new("HangRequest", id=id), timeout=60)
    call.cancel()
    equal(call.code(), grpc.StatusCode.CANCELLED)
    equal(ending(id).deadline_passed, False)


def cancel_streaming():
    id = new_id()
    stream = first_message(id)
    stream.cancel()
    equal(failure(lambda: next(stream)).code(), grpc.StatusCode.CANCELLED)
    equal(ending(id).deadline_passed, False)


def every_status():
    for status in grpc.StatusCode:
        code = status.value[0]
        if code:
            error = failure(lambda: echo.Answer(new("AnswerRequest", code=code, detail=f"detail {code}"), timeout=60))
            equal((error.code(), error.details()), (status, f"detail {code}"))


def unicode_detail():
    detail = "zu groß: 10 % über „Grenze“ 🦊\nzweite Zeile"
    equal(failure(lambda: echo.Answer(new("AnswerRequest", code=3, detail=detail), timeout=60)).details(), detail)


def status_details_bin():
    binary = bytes([0, 1, 2, 253, 254, 255])
    trailers = [new("Header", key="grpc-status-details-bin", binary=binary)]
    error = failure(lambda: echo.Answer(new("AnswerRequest", code=10, detail="x", trailers=trailers), timeout=60))
    equal(values(error.trailing_metadata(), "grpc-status-details-bin"), [binary])


def trailers_on_success():
    binary = os.urandom(100)
    trailers = [new("Header", key="a", text="1"), new("Header", key="a", text="2"), new("Header", key="b-bin", binary=binary)]
    _, call = echo.Answer.with_call(new("AnswerRequest", trailers=trailers), timeout=60)
    equal(",".join(values(call.trailing_metadata(), "a")), "1,2")
    equal(values(call.trailing_metadata(), "b-bin"), [binary])


def response_headers():
    binary = os.urandom(33)
    headers = [new("Header", key="h", text="early"), new("Header", key="h-bin", binary=binary)]
    _, call = echo.Answer.with_call(new("AnswerRequest", headers=headers), timeout=60)
    equal(values(call.initial_metadata(), "h"), ["early"])
    equal(values(call.initial_metadata(), "h-bin"), [binary])


def request_metadata():
    binary = os.urandom(77)
    metadata = [("word", 'one two;three="four"'), ("raw-bin", binary), ("empty-bin", b"")]
    answer = echo.Describe(new("Message"), metadata=metadata, timeout=60)
    equal([h.text for h in answer.headers if h.key == "word"], ['one two;three="four"'])
    equal([h.binary for h in answer.headers if h.key == "raw-bin"], [binary])
    equal([h.binary for h in answer.headers if h.key == "empty-bin"], [b""])
    equal(answer.method, f"/{PACKAGE}.Echo/Describe")
    equal(answer.host, plain_target)
    assert re.fullmatch(r"ipv4:127\.0\.0\.1:\d+", answer.peer), answer.peer


def gzip_request():
    compressed_request("gzip", grpc.Compression.Gzip)


def deflate_request():
    compressed_request("deflate", grpc.Compression.Deflate)


def compressed_request(encoding, compression):
    body = b"\x07" * 100_000
    answer = echo.Describe(new("Message", body=body), compression=compression, timeout=60)
    equal((answer.encoding, answer.body_length), (encoding, len(body)))
    equal(echo.Unary(new("Message", body=body), compression=compression, timeout=60).body, body)


def gzip_response():
    assert "gzip" in echo.Describe(new("Message"), timeout=60).accept_encoding
    body = b"\x09" * 100_000
    equal(echo.Unary(new("Message", body=body, compress=True), timeout=60).body, body)


def large_message():
    body = os.urandom(16 * MEGABYTES)
    assert echo.Unary(new("Message", body=body), timeout=60).body == body


def message_too_large():
    error = failure(lambda: echo.Unary(new("Message", body=bytes(17 * MEGABYTES)), timeout=60))
    equal(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)


def thousand_in_flight():
    id = new_id()
    calls = [echo.Gather.future(new("GatherRequest", id=id, expected=1000), timeout=60) for _ in range(1000)]
    for call in calls:
        equal(call.result().body.decode(), id)


def unimplemented():
    with grpc.insecure_channel(plain_target) as channel:
        missing = Client(channel, "Missing")
        equal(failure(lambda: missing.Unary(new("Message"), timeout=60)).code(), grpc.StatusCode.UNIMPLEMENTED)


def unhandled_exception():
    error = failure(lambda: echo.Crash(new("Message"), timeout=60))
    equal(error.code(), grpc.StatusCode.UNKNOWN)
    assert "Crashed as asked" not in error.details()


def server_interceptor():
    error = failure(lambda: echo.Crash(new("Message"), metadata=[("translate-exceptions", "1")], timeout=60))
    equal((error.code(), error.details()), (grpc.StatusCode.FAILED_PRECONDITION, "Crashed as asked."))

    _, call = echo.Unary.with_call(new("Message"), timeout=60)
    equal(values(call.trailing_metadata(), "intercepted"), ["unary"])
    _, call = echo.Collect.with_call(iter(()), timeout=60)
    equal(values(call.trailing_metadata(), "intercepted"), ["client-streaming"])
    for kind, stream in (
        ("server-streaming", echo.Repeat(new("RepeatRequest", times=1), timeout=60)),
        ("duplex", echo.Chat(iter(()), timeout=60)),
    ):
        list(stream)
        equal(values(stream.trailing_metadata(), "intercepted"), [kind])


def call_credentials():
    with open(certificate_file, "rb") as file:
        tls = grpc.ssl_channel_credentials(file.read())
    credentials = grpc.composite_channel_credentials(tls, grpc.access_token_call_credentials("secret"))
    with grpc.secure_channel(f"localhost:{tls_port}", credentials) as channel:
        answer = Client(channel).Describe(new("Message"), timeout=60)
    equal([h.text for h in answer.headers if h.key == "authorization"], ["Bearer secret"])


for name in names:
    error = None
    try:
        globals()[name]()
    except BaseException:
        error = traceback.format_exc()
    print(json.dumps({"check": name, "error": error}), flush=True)
