"""What the web server serves: event streams stay on its event loop, all else runs in the threads of the bridge."""

from __future__ import annotations

import gc
import resource
from importlib import import_module

from django.conf import settings

from backend.bodies import Bodies
from backend.bridge import Bridge
from backend.dispatcher import Dispatcher
from backend.health import Probes
from backend.metrics import watch
from backend.postgresql import bounded
from backend.streaming import Streams
from backend.wsgi import application as wsgi_application  # sets Django up
from domains.common.data import replica
from domains.common.guard import computing
from domains.common.guard.bulkhead import BULKHEADS
from domains.common.measuring import sampling, serving

OPEN_FILES = 8_192

for _name in {"default", replica.ALIAS} & settings.DATABASES.keys():
    settings.DATABASES[_name]["OPTIONS"] = bounded(settings.DATABASES[_name]["OPTIONS"])
if settings.DATABASE_REPLICA_URL:
    replica.watch()
_bridge = Bridge(wsgi_application, threads=settings.WEB_THREADS, bulkheads=BULKHEADS, dear_threads=computing.THREADS)
_streams = Streams(
    wsgi_application,
    threads=settings.STREAM_THREADS,
    limit=settings.STREAMS_PER_PROCESS,
    slow=sum(each.threads for each in BULKHEADS),
)
application = Dispatcher(
    _bridge,
    _streams,
    Bodies(max_bytes=settings.REQUEST_MAX_BYTES, seconds=settings.REQUEST_BODY_SECONDS),
    Probes(),
)

# Each connection is an open file, and the usual limit of 1,024 of them may be raised by the process itself.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if 0 <= _soft < OPEN_FILES:
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES if _hard < 0 else min(_hard, OPEN_FILES), _hard))

# What is loaded by now stays for the life of the process. Without this every full collection walks all of it with the
# interpreter lock held: 0.1 s in which nobody is answered and open transactions stand still.
import_module(settings.ROOT_URLCONF)  # the views, and with them the schema
gc.collect()
gc.freeze()
# Later full collections walk what heavy requests have in hand, and hold the lock for 25 ms and more to find next to
# nothing: one in ten of them is enough.
gc.set_threshold(2_000, 10, 100)

watch((*_bridge.pools, *BULKHEADS), lambda: _streams.open)
sampling.start()
serving.start()
