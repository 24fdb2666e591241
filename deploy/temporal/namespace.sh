#!/bin/sh
# Makes Herald's namespace and its search attributes; what is already there stays, except that the
# retention follows TEMPORAL_RETENTION. The CLI reads TEMPORAL_ADDRESS itself.
set -eu

# A server that has just started needs a while, and so does a namespace that was just made.
try() {
  attempt=1
  until "$@"; do
    if [ "$attempt" -ge 60 ]; then
      echo "gave up after $attempt tries: $*; look at the logs of the temporal service" >&2
      exit 1
    fi
    attempt=$((attempt + 1))
    sleep 2
  done
}

namespace() {
  if temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
    temporal operator namespace update -n "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"
  else
    temporal operator namespace create -n "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION" \
      --description 'Webhook deliveries of Herald'
  fi
}

search_attributes() {
  temporal operator search-attribute create \
    --name HeraldTenant --type Keyword \
    --name HeraldEventIds --type KeywordList \
    --name HeraldEventTypes --type KeywordList \
    --name HeraldWebhookIds --type KeywordList \
    --name HeraldParked --type Int
}

try temporal operator cluster health
try namespace
try search_attributes
