"""Writes onnx_messages.onnx: every field that the playground writes, by ONNX's own package (onnx 1.23.2).

    python3 tests/golden/onnx_messages.py
"""

import pathlib

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node(
    "LabelEncoder",
    ["colour"],
    ["ids"],
    name="encoder",
    domain="ai.onnx.ml",
    default_int64=1,
    keys_strings=["red", ""],
    values_int64s=[2, 0],
)
graph = helper.make_graph(
    [node],
    "messages",
    [helper.make_tensor_value_info("colour", TensorProto.STRING, ["N"], doc_string="a colour")],
    [helper.make_tensor_value_info("ids", TensorProto.INT64, ["N", 3])],
    [numpy_helper.from_array(numpy.array([[1.5, -2.0]], dtype=numpy.float32), "weights")],
)
model = helper.make_model(
    graph,
    ir_version=7,
    producer_name="a producer",
    producer_version="0.1",
    doc_string="words",
    opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid("ai.onnx.ml", 2)],
)
helper.set_model_props(model, {"seed": "3"})
onnx.save(model, pathlib.Path(__file__).with_suffix(".onnx"))
