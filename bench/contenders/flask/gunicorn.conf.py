# SPDX-License-Identifier: MIT
# Production settings as gunicorn's documentation advises: (2 x cores) + 1 workers, threads for an
# application that waits for databases, connections kept open behind a proxy.
import multiprocessing
import os

bind = "127.0.0.1:" + os.environ["PORT"]
workers = 2 * multiprocessing.cpu_count() + 1
worker_class = "gthread"
threads = 8
worker_connections = 1000
backlog = 2048
keepalive = 75
accesslog = None
loglevel = "warning"
