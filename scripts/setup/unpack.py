"""Unpacks from wheels what a TensorFlow program in C++ needs: libraries, headers, CUDA's files; no Python code.

usage: unpack.py TARGET WHEEL...
Prints one JSON document: {"wheels": [{"name", "version", "requires"}]}. Every byte is checked against the archive's CRC.
"""
import json
import os
import re
import shutil
import sys
import zipfile
from email.parser import Parser


# The headers that the binding includes, directly or not, lie in these folders (g++ -M); the other 11,000 stay packed.
HEADERS = tuple(f'tensorflow/include/{folder}/' for folder in ('tensorflow/c', 'tensorflow/core/platform', 'tsl/platform', 'xla/tsl/c'))


def place(name):
    """Where a member belongs below the target, or None when it is not needed."""
    name = re.sub(r'^[^/]+\.data/(?:purelib|platlib)/', '', name)
    parts = name.split('/')
    if name.endswith('/') or '..' in parts or name.startswith('/'):
        return None
    if parts[0] == 'tensorflow':
        is_library = len(parts) == 2 and '.so' in parts[1]
        is_header = name.startswith(HEADERS)
        is_licence = len(parts) == 2 and 'NOTICE' in parts[1]
        return name if is_library or is_header or is_licence else None
    if parts[0] == 'nvidia' and not name.endswith(('.py', '.pyc')):
        return name
    if re.fullmatch(r'[^/]+\.dist-info', parts[0]) and ('LICENSE' in name.upper() or parts[-1] == 'METADATA'):
        return name
    return None


def unpack(wheel, target):
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            path = place(member.filename)
            if path is None:
                continue
            path = os.path.join(target, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(member) as source, open(path, 'wb') as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            if (member.external_attr >> 16) & 0o100:
                os.chmod(path, 0o755)


def describe(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if re.fullmatch(r'[^/]+\.dist-info/METADATA', n))
        metadata = Parser().parsestr(archive.read(name).decode('utf-8'))
    return {
        'name': metadata['Name'],
        'version': metadata['Version'],
        'requires': metadata.get_all('Requires-Dist') or [],
    }


def main():
    target, *wheels = sys.argv[1:]
    try:
        described = [describe(wheel) for wheel in wheels]
        if target != '-':
            for wheel in wheels:
                unpack(wheel, target)
    except (zipfile.BadZipFile, StopIteration, EOFError) as error:
        sys.exit(f'BROKEN WHEEL: {error}')
    print(json.dumps({'wheels': described}))


main()
