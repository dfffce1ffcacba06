"""Writes a TFJS graph model of convolutions as ONNX, up to the node global_pooling/Mean: python faceres_onnx.py model.json OUT.onnx

The same weights, in the layout that onnxruntime is fastest with (channels first); relu and the two clips of relu6 become one Clip.
"""
import base64
import json
import pathlib
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

OUTPUT = 'global_pooling/Mean'


def read_weights(model, folder):
    weights = {}
    for group in model['weightsManifest']:
        data = b''.join((folder / path).read_bytes() for path in group['paths'])
        offset = 0
        for spec in group['weights']:
            kind = spec.get('quantization', {}).get('dtype', spec['dtype'])
            count = int(numpy.prod(spec['shape'], dtype=int))
            values = numpy.frombuffer(data, dtype=kind, count=count, offset=offset).reshape(spec['shape'])
            offset += count * numpy.dtype(kind).itemsize
            weights[spec['name']] = values.astype(spec['dtype'])
    return weights


def text(node, name):
    return base64.b64decode(node['attr'][name]['s']).decode()


def strides(node):
    return [int(each) for each in node['attr']['strides']['list']['i'][1:3]]


def convert(model, weights):
    nodes = {node['name']: node for node in model['modelTopology']['node']}
    out, constants, done = [], {}, {}

    def constant(name, values):
        constants[name] = numpy_helper.from_array(numpy.ascontiguousarray(values), name)
        return name

    def channels(name):
        values = weights[name]
        return constant(name, values.reshape(-1, 1, 1) if values.ndim == 1 else values)

    def emit(op, node, inputs, **attributes):
        out.append(helper.make_node(op, inputs, [node['name']], **attributes))
        return node['name']

    def visit(name):
        if name not in done:
            done[name] = build(nodes[name])
        return done[name]

    def build(node):
        op, inputs = node['op'], node.get('input', [])
        if op == 'Placeholder':
            return node['name']
        if op in ('Conv2D', 'DepthwiseConv2dNative'):
            assert text(node, 'padding') == 'SAME'
            filters = weights[inputs[1]]
            depthwise = op != 'Conv2D'
            kernel = filters.transpose(2, 3, 0, 1) if depthwise else filters.transpose(3, 2, 0, 1)
            return emit('Conv', node, [visit(inputs[0]), constant(inputs[1], kernel)], auto_pad='SAME_UPPER', strides=strides(node),
                        group=kernel.shape[0] if depthwise else 1, kernel_shape=list(kernel.shape[2:]))
        if op in ('Add', 'Mul'):
            return emit(op, node, [visit(inputs[0]), channels(inputs[1])])
        if op in ('Relu', 'Minimum'):
            return visit(inputs[0])
        if op == 'Maximum':
            return emit('Clip', node, [visit(inputs[0]), constant('zero', numpy.float32(0)), constant('six', numpy.float32(6))])
        if op == 'Mean':
            return emit('ReduceMean', node, [visit(inputs[0]), constant('sides', numpy.array([2, 3]))], keepdims=0)
        raise SystemExit(f'op {op} has no counterpart here')

    visit(OUTPUT)
    placeholder = next(node['name'] for node in nodes.values() if node['op'] == 'Placeholder')
    graph = helper.make_graph(out, 'faceres',
                              [helper.make_tensor_value_info(placeholder, TensorProto.FLOAT, ['batch', 3, 224, 224])],
                              [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ['batch', 1024])], list(constants.values()))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=9)
    onnx.checker.check_model(made)
    return made


path = pathlib.Path(sys.argv[1])
content = json.loads(path.read_text())
onnx.save(convert(content, read_weights(content, path.parent)), sys.argv[2])
