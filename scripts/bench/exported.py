"""The exported student in onnxruntime for Python; refuses to start where it says something else than Facet's own engine."""
import pathlib

import numpy
import onnxruntime

from turns import take_turns, threads, work

MOST = 1e-4

asked = work()
folder = pathlib.Path(asked['folder'])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads()
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(str(folder / 'model.onnx'), options, providers=['CPUExecutionProvider'])
faces = numpy.fromfile(folder / 'faces.bin', numpy.uint8).reshape(asked['batch'], asked['side'], asked['side'], 3)
wanted = numpy.fromfile(folder / 'embedding.bin', numpy.float32).reshape(asked['batch'], -1)
embedding, = session.run(['embedding'], {'faces': faces})
error = numpy.abs(embedding - wanted).max() / numpy.abs(wanted).max()
if not error <= MOST:
    raise SystemExit(f'its embeddings differ from ours by {error:.1e}, more than {MOST}')
take_turns(lambda: session.run(['embedding'], {'faces': faces}), f'onnxruntime {onnxruntime.__version__}, outputs within {error:.1e}')
