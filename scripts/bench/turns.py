"""One contender of `facet bench` in Python: the same lines as src/worker/bench/child.ts."""
import json
import os
import re
import resource
import sys
import time


def work():
    """What the bench says the work is."""
    return json.loads(sys.argv[1])


def threads():
    return int(os.environ['OMP_NUM_THREADS'])


def answer(value):
    print(f'\nbench {json.dumps(value)}', flush=True)


def peak_memory():
    try:
        with open('/proc/self/status') as status:
            return int(re.search(r'^VmHWM:\s+(\d+) kB$', status.read(), re.M)[1]) * 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def take_turns(run, version):
    """Says that all is ready; then does the work as often as each line asks, and answers with the milliseconds."""
    answer({'version': version})
    for line in sys.stdin:
        ms = []
        for _ in range(int(line)):
            started = time.perf_counter()
            run()
            ms.append((time.perf_counter() - started) * 1000)
        answer({'ms': ms, 'parts': {}, 'memoryBytes': peak_memory()})
