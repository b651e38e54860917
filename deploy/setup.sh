#!/bin/sh
# Make .venv and put into it what a requirements file pins; fast when nothing has changed.
#   deploy/setup.sh requirements-local.txt
# Needs no root. Every fault is one sentence on stderr, and exit code 1.
set -eu
cd "$(dirname "$0")/.."
requirements=$1
stamp=.venv/.installed-$requirements

fail() {
    echo "$1" >&2
    exit 1
}

# The newest Python that is new enough; PYTHON=... names another one.
find_python() {
    for name in ${PYTHON:-} python3.14 python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
}

why_no_python() {
    found=$(python3 -c 'import sys; print(".".join(map(str, sys.version_info[:3])))' 2>/dev/null) || found=
    if [ -n "$found" ]; then
        fail "Tuntas needs Python 3.11 or newer, and python3 here is $found; install a newer one or set PYTHON to its path."
    fi
    fail "Tuntas needs Python 3.11 or newer, and there is no python3 on this machine's PATH; install one first."
}

make_environment() {
    python=$(find_python)
    [ -n "$python" ] || why_no_python
    if command -v uv >/dev/null 2>&1; then
        UV_PYTHON_DOWNLOADS=never uv venv --quiet --python "$python" .venv && return
        rm -rf .venv
    fi
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python's venv module is missing; install it first (on Debian and Ubuntu: apt install python3-venv)."
    "$python" -m venv .venv || fail "The Python environment .venv could not be made with $python."
}

works() {
    .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

install() {
    echo "Installing what $requirements names (only when it has changed) ..."
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --compile-bytecode --require-hashes --python .venv/bin/python -r "$requirements" && return
    else
        .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null  # uv made it
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes -r "$requirements" && return
    fi
    fail "The packages of $requirements could not be installed; the lines above say why."
}

if [ -f "$stamp" ] && cmp -s "$requirements" "$stamp" && works; then
    exit 0
fi
if ! (: >.writable) 2>/dev/null; then
    fail "The folder $(pwd) is read-only; copy it to one that you may write to."
fi
rm -f .writable
works || { rm -rf .venv && make_environment; }
install
cp "$requirements" "$stamp"
