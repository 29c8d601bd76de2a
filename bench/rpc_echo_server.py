"""The same echo, as python3-grpcio does it: prints its port, ends with standard input."""
import sys
from concurrent import futures

import grpc


def echo(requests, context):
    for request in requests:
        yield request


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4),
                     options=[("grpc.max_receive_message_length", 12_000_000)])
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
    "vigil.bench.Echo", {"Stream": grpc.stream_stream_rpc_method_handler(echo)}),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
sys.stdin.read()
server.stop(0)
