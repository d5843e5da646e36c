"""Reading all keys of a big database, in several forms."""

import os

from timing import limit, pair


def one_answer(s, endpoint):
    """The server's part alone: one Range of all, its answer taken from the socket and dropped."""
    request = os.path.join(s.work, "range.grpc")
    key, end = b"/registry/", b"/registry0"
    message = bytes([0x0A, len(key)]) + key + bytes([0x12, len(end)]) + end
    with open(request, "wb") as file:
        file.write(b"\0" + len(message).to_bytes(4, "big") + message)
    limit("one Range, not decoded",
          ["curl", "--silent", "--show-error", "--noproxy", "*", "--http2-prior-knowledge",
           "--header", "content-type: application/grpc", "--header", "te: trailers",
           "--data-binary", f"@{request}", f"{endpoint}/etcdserverpb.KV/Range"], s.env,
          min(s.runs, 3))


def tasks(s):
    endpoint = s.big_lab()
    # etcdctl has the whole answer in memory and needs longer than its five seconds
    command = ["get", "--prefix", "/registry/", "--command-timeout", "600s", "--endpoints", endpoint]
    one_answer(s, endpoint)
    for what, options in (("as it is", []), ("JSON", ["-w", "json"]), ("fields", ["-w", "fields"]),
                          ("keys only", ["--keys-only"])):
        pair(f"get --prefix of all, {what}", [s.quorate, *command, *options],
             [s.etcdctl, *command, *options], s.env, min(s.runs, 3))
    s.lab_down("big")
