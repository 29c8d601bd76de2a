"""A client of `vigil infer` in python3-grpcio: client.py ADDRESS FOLDER, with protoc's modules and portrait.jpg in FOLDER."""
import struct
import sys

address, folder = sys.argv[1:3]
sys.path.append(folder)  # behind the libraries: it has a folder grpc/ too

import grpc

from inference import grpc_predict_v2_pb2 as kserve
from vigil.v1 import gaze_pb2, image_pb2

channel = grpc.insecure_channel(address)
channel_timeout = 60


def unary(method, request, response):
    call = channel.unary_unary(method, request_serializer=lambda m: m.SerializeToString(),
                               response_deserializer=response.FromString)
    return call(request, timeout=channel_timeout, metadata=[
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")])


def stream(method, requests, response):
    call = channel.stream_stream(method, request_serializer=lambda m: m.SerializeToString(),
                                 response_deserializer=response.FromString)
    return call(iter(requests), timeout=channel_timeout)


# StreamGaze
picture = open(folder + "/portrait.jpg", "rb").read()
frame = gaze_pb2.VideoFrame(frame_data=picture, timestamp_us=1, stream_id="python")
results = list(stream("/vigil.v1.GazeService/StreamGaze", [frame], gaze_pb2.FaceMeshResult))
assert len(results) == 1 and len(results[0].landmarks) == 468, results
assert results[0].HasField("gaze") and results[0].stream_id == "python"

# KServe v2
service = "/inference.GRPCInferenceService/"
assert unary(service + "ServerLive", kserve.ServerLiveRequest(), kserve.ServerLiveResponse).live
assert unary(service + "ServerReady", kserve.ServerReadyRequest(), kserve.ServerReadyResponse).ready
assert unary(service + "ServerMetadata", kserve.ServerMetadataRequest(), kserve.ServerMetadataResponse).name == "vigil"
name = "face-detection"
assert unary(service + "ModelReady", kserve.ModelReadyRequest(name=name), kserve.ModelReadyResponse).ready
assert not unary(service + "ModelReady", kserve.ModelReadyRequest(name="nobody"), kserve.ModelReadyResponse).ready
metadata = unary(service + "ModelMetadata", kserve.ModelMetadataRequest(name=name), kserve.ModelMetadataResponse)
tensor = metadata.inputs[0]
assert list(tensor.shape) == [1, 128, 128, 3] and tensor.datatype == "FP32", tensor
elements = 128 * 128 * 3


def request(identity, raw):
    one = kserve.ModelInferRequest(model_name=name, id=identity)
    one.inputs.add(name=tensor.name, datatype="FP32", shape=tensor.shape)
    if raw:
        one.raw_input_contents.append(struct.pack("<%df" % elements, *([0.5] * elements)))
    else:
        one.inputs[0].contents.fp32_contents.extend([0.5] * elements)
    return one


raw = unary(service + "ModelInfer", request("a", True), kserve.ModelInferResponse)
typed = unary(service + "ModelInfer", request("b", False), kserve.ModelInferResponse)
assert raw.id == "a" and typed.id == "b" and len(raw.outputs) == len(metadata.outputs)
for i, output in enumerate(typed.outputs):
    values = struct.unpack("<%df" % len(output.contents.fp32_contents), raw.raw_output_contents[i])
    assert list(values) == list(output.contents.fp32_contents), output.name
wrong = request("c", True)
wrong.model_name = "nobody"
answers = list(stream(service + "ModelStreamInfer", [request("1", True), wrong, request("2", True)],
                      kserve.ModelStreamInferResponse))
assert [bool(a.error_message) for a in answers] == [False, True, False], answers
assert [a.infer_response.id for a in answers] == ["1", "c", "2"]

# grpc.health.v1: HealthCheckRequest{service = 1}, HealthCheckResponse{status = 1}; 1 is SERVING.
check = channel.unary_unary("/grpc.health.v1.Health/Check")
assert check(b"", timeout=channel_timeout) == b"\x08\x01"
try:
    check(b"\x0a\x06nobody", timeout=channel_timeout)
    raise AssertionError("an unknown service has a health")
except grpc.RpcError as e:
    assert e.code() == grpc.StatusCode.NOT_FOUND

# Reflection: ServerReflectionRequest{list_services = 7: ""} names every service.
reflect = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
listed = b"".join(reflect(iter([b"\x3a\x00"]), timeout=channel_timeout))
for service in (b"vigil.v1.GazeService", b"vigil.v1.InferenceService",
                b"inference.GRPCInferenceService", b"grpc.health.v1.Health"):
    assert service in listed, service
# ... and file_containing_symbol = 4 describes them.
symbol = b"vigil.v1.GazeService"
described = b"".join(reflect(iter([b"\x22" + bytes([len(symbol)]) + symbol]), timeout=channel_timeout))
assert b"StreamGaze" in described and b"FaceMeshResult" in described
print("ok")
