"""Lets PyPI's PyTorch for Linux run on the CPU without NVIDIA's libraries (4 GB that a CPU never calls).

PyTorch's shared objects name CUDA's, so the loader wants them before `import torch` returns. For each that is missing this
writes a small library into torch/lib that has the symbols asked for under their versions; every function answers 100,
which is "no device" in CUDA's runtime, so torch.cuda.is_available() is False and everything else runs as on any CPU build.

usage: python cuda_stubs.py SITE     (SITE holds torch/; needs nm, readelf and a C compiler, as torch.compile does)
"""
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys

SYMBOL = re.compile(r'^\s+[Uw] (?P<name>[^@\s]+)@{1,2}(?P<version>\S+)$')
NEED = re.compile(r'Version needs|File: (?P<file>\S+)|Name: (?P<version>\S+)\s+Flags')


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed(library):
    return re.findall(r'\(NEEDED\).*\[(.+)\]', output('readelf', '-dW', library))


def version_files(library):
    """Which file each symbol version is asked of."""
    files, file = {}, None
    for match in NEED.finditer(output('readelf', '-VW', library)):
        if match['file']:
            file = match['file']
        elif match['version'] and file:
            files[match['version']] = file
    return files


def write_stub(path, versions, unversioned, compiler):
    """A library of functions: some under symbol versions, some without."""
    names = unversioned.union(*versions.values())
    source = path.with_suffix('.stub.c')
    script = path.with_suffix('.stub.map')
    source.write_text('\n'.join(f'int {name}(void) {{ return 100; }}' for name in sorted(names)) + '\n')
    script.write_text('\n'.join(f'{version} {{ global: {" ".join(f"{name};" for name in sorted(symbols))} }};' for version, symbols in versions.items()) + '\n')
    options = [f'-Wl,--version-script={script}'] if versions else []
    subprocess.run([compiler, '-shared', '-fPIC', '-w', '-fno-builtin', '-o', path, source, f'-Wl,-soname,{path.name}', *options], check=True)
    source.unlink()
    script.unlink()


def main(site):
    folder = pathlib.Path(site) / 'torch' / 'lib'
    compiler = next((each for each in (os.environ.get('CC'), 'cc', 'gcc', 'clang') if each and shutil.which(each)), None)
    if not compiler or not shutil.which('nm') or not shutil.which('readelf'):
        sys.exit('no C compiler (cc, gcc or clang) with nm and readelf is on the path')
    libraries = sorted(folder.glob('*.so*'))
    present = {each.name for each in libraries}
    missing = {name for each in libraries for name in needed(each) if re.match(r'lib(cu|nv|nccl)', name)} - present
    wanted = collections.defaultdict(lambda: collections.defaultdict(set))
    unversioned = set()
    for library in libraries:
        files = version_files(library)
        for line in output('nm', '-D', '--undefined-only', library).splitlines():
            match = SYMBOL.match(line)
            if match and files.get(match['version']) in missing:
                wanted[files[match['version']]][match['version']].add(match['name'])
            elif not match and re.match(r'^\s+U (cu|nv|nccl|cupti)\w+$', line):
                unversioned.add(line.split()[-1])
    # Symbols without a version may come from any library: the first one, which everything loads, has them.
    host = next((name for name in sorted(missing) if name.startswith('libcudart')), None)
    for name in sorted(missing):
        write_stub(folder / name, wanted.get(name, {}), unversioned if name == host else set(), compiler)
    print(f'{len(missing)} stubs in {folder}')


if __name__ == '__main__':
    main(sys.argv[1])
