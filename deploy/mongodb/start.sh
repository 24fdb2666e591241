#!/bin/bash
# mongod refuses a key file that it does not own or that others can read, and a mounted secret keeps
# the owner and mode that it has on the host. So it gets a copy, in memory.
set -euo pipefail
install --owner mongodb --group mongodb --mode 400 /run/secrets/mongodb-key /run/mongodb/key
exec docker-entrypoint.sh "$@"
